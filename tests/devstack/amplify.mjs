// What a front end does with aws-amplify: `node amplify.mjs PACKAGES SETTINGS`, lines of JSON out,
// codes in. SETTINGS is JSON: endpoint, userPoolId, userPoolClientId, username, password.

import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [packages, settings] = process.argv.slice(2);
const { endpoint, userPoolId, userPoolClientId, username, password } = JSON.parse(settings);
const load = (name) => import(pathToFileURL(`${packages}/aws-amplify/dist/esm/${name}/index.mjs`));
const { Amplify } = await load('.');
const auth = await load('auth');

const kept = new Map();
globalThis.localStorage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, value) => kept.set(key, value),
  removeItem: (key) => kept.delete(key),
};

const codes = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (what) => console.log(JSON.stringify(what));
const options = { authFlowType: 'USER_PASSWORD_AUTH' };

Amplify.configure({ Auth: { Cognito: { userPoolId, userPoolClientId, userPoolEndpoint: endpoint } } });

const { nextStep } = await auth.signUp({ username, password });
say({ step: nextStep.signUpStep, medium: nextStep.codeDeliveryDetails.deliveryMedium });
const confirmationCode = (await codes.next()).value;
await auth.confirmSignUp({ username, confirmationCode });
const wrong = await auth.signIn({ username, password: `${password}x`, options }).catch((e) => e);
say({ wrong: wrong.name });
await auth.signIn({ username, password, options });
const first = (await auth.fetchAuthSession()).tokens.accessToken;
const second = (await auth.fetchAuthSession({ forceRefresh: true })).tokens.accessToken;
say({ sub: first.payload.sub, renewed: second.payload.sub });
process.exit(0);
