import { AssetGateway } from 'asset-gateway-client';
import { Amplify } from 'aws-amplify';
import { fetchAuthSession, signIn, signOut } from 'aws-amplify/auth';

const env = import.meta.env;

Amplify.configure({
  Auth: {
    Cognito: {
      userPoolId: env.VITE_COGNITO_USER_POOL_ID,
      userPoolClientId: env.VITE_COGNITO_CLIENT_ID,
      userPoolEndpoint: env.VITE_COGNITO_ENDPOINT,
    },
  },
});

export async function enter(username: string, password: string): Promise<void> {
  await signOut(); // whoever was here before
  await signIn({ username, password, options: { authFlowType: 'USER_PASSWORD_AUTH' } });
}

export const gateway = new AssetGateway({
  endpoint: env.VITE_API_URL,
  async token({ renew }) {
    const { tokens } = await fetchAuthSession({ forceRefresh: renew });
    if (!tokens) throw new Error('Nobody is signed in.');
    return tokens.accessToken.toString();
  },
});
