import { AssetGateway } from 'asset-gateway-client';
import { Amplify } from 'aws-amplify';
import { fetchAuthSession, signIn, signOut } from 'aws-amplify/auth';

Amplify.configure({
  Auth: {
    Cognito: {
      userPoolId: process.env.NEXT_PUBLIC_COGNITO_USER_POOL_ID!,
      userPoolClientId: process.env.NEXT_PUBLIC_COGNITO_CLIENT_ID!,
      // Only the local Cognito has one; left out, Amplify finds AWS by the pool's id.
      ...(process.env.NEXT_PUBLIC_COGNITO_ENDPOINT && {
        userPoolEndpoint: process.env.NEXT_PUBLIC_COGNITO_ENDPOINT,
      }),
    },
  },
});

export async function accessToken({ renew = false } = {}): Promise<string> {
  const { tokens } = await fetchAuthSession({ forceRefresh: renew });
  if (!tokens) throw new Error('Nobody is signed in.');
  return tokens.accessToken.toString();
}

export async function enter(username: string, password: string): Promise<void> {
  await signOut(); // whoever was here before
  await signIn({ username, password, options: { authFlowType: 'USER_PASSWORD_AUTH' } });
}

export const gateway = new AssetGateway({
  endpoint: process.env.NEXT_PUBLIC_API_URL!,
  token: accessToken,
});
