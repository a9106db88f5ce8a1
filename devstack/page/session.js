/**
 * Who is signed in, by Cognito's own API (InitiateAuth, SignUp, ConfirmSignUp).
 *
 * The tokens live in localStorage: a reload and a second tab stay signed in, and all sign out together. USER_PASSWORD_AUTH
 * suits the local stand-in; a real front end uses SRP or the hosted pages, as Amplify does.
 */

import { keep, kept } from './kept.js';

const STORED = 'asset-gateway-session';
const EARLY_MS = 30e3;

/** Refused for good; Cognito may also be away, or busy, for a while. */
const ENDS_A_SESSION = new Set([
  'NotAuthorizedException', 'UserNotFoundException', 'UserNotConfirmedException',
  'PasswordResetRequiredException',
]);
const PLAIN_WORDS = {
  NotAuthorizedException: 'That email and password do not match.',
  UserNotFoundException: 'That email and password do not match.',
  UserNotConfirmedException: 'This account is not confirmed yet. Enter the code you were sent.',
  UsernameExistsException: 'That email address has an account already.',
  InvalidPasswordException: 'Use at least 8 characters, with upper and lower case, a number and a symbol.',
  CodeMismatchException: 'That code is not right.',
  ExpiredCodeException: 'That code has expired. Create the account again for a new one.',
  TooManyRequestsException: 'Too many attempts. Wait a moment.',
  LimitExceededException: 'Too many attempts. Wait a moment.',
};

export class SignInError extends Error {
  constructor(code, message) {
    super(PLAIN_WORDS[code] ?? message ?? 'Signing in failed.');
    this.name = code;
  }
}

function claimsOf(token) {
  const base64 = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))));
}

export class Session {
  #cognito;
  #tokens;

  constructor(cognito) {
    this.#cognito = cognito;
    this.#tokens = kept('localStorage', STORED);
    /** Called when a session ends that nobody ended. */
    this.onlost = () => {};
    // Another tab renewed the tokens, signed out, or let somebody else in.
    globalThis.addEventListener('storage', ({ key }) => key === STORED && this.#follow());
    // A page that the browser had put by heard nothing of that meanwhile.
    globalThis.addEventListener('pageshow', ({ persisted }) => persisted && this.#follow());
  }

  #follow() {
    const before = this.sub;
    this.#tokens = kept('localStorage', STORED);
    if (this.sub !== before) location.reload();
  }

  get signedIn() {
    return this.#tokens !== null;
  }

  /** The id under which everything of this person lies. */
  get sub() {
    return this.#tokens ? claimsOf(this.#tokens.access).sub : '';
  }

  /** What the person signed in with: the token's own `username` is an id in most pools. */
  get email() {
    return this.#tokens?.email ?? '';
  }

  async signIn(email, password) {
    const answer = await this.#call('InitiateAuth', {
      AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: email, PASSWORD: password },
    });
    if (!answer.AuthenticationResult) {
      throw new SignInError(answer.ChallengeName, 'This account needs a further step that this page cannot do.');
    }
    this.#keep(answer.AuthenticationResult, email);
  }

  async signUp(email, password) {
    const answer = await this.#call('SignUp', {
      Username: email, Password: password, UserAttributes: [{ Name: 'email', Value: email }],
    });
    return { confirmed: answer.UserConfirmed };
  }

  confirm(email, code) {
    return this.#call('ConfirmSignUp', { Username: email, ConfirmationCode: code });
  }

  signOut() {
    this.#tokens = null;
    keep('localStorage', STORED, null);
  }

  /** The access token, renewed when it is about to end or when the gateway refused it. */
  token = async ({ renew }) => {
    if (!this.#tokens) throw new SignInError('NotSignedIn', 'You are signed out.');
    const { access, ends } = this.#tokens;
    if (!renew && ends - Date.now() > EARLY_MS) return access;
    try {
      const answer = await this.#call('InitiateAuth', {
        AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: this.#tokens.refresh },
      });
      this.#keep(answer.AuthenticationResult, this.#tokens.email);
    } catch (error) {
      if (!ENDS_A_SESSION.has(error.name)) throw error;
      this.signOut();
      this.onlost();
      throw new SignInError('SessionEnded', 'Your session has ended.');
    }
    return this.#tokens.access;
  };

  #keep({ AccessToken, RefreshToken, ExpiresIn }, email) {
    this.#tokens = {
      email,
      access: AccessToken,
      refresh: RefreshToken ?? this.#tokens?.refresh,
      // By this clock, which may not be Cognito's.
      ends: Date.now() + ExpiresIn * 1000,
    };
    keep('localStorage', STORED, this.#tokens);
  }

  async #call(action, body) {
    let response;
    try {
      response = await fetch(this.#cognito.endpoint, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `AWSCognitoIdentityProviderService.${action}`,
        },
        body: JSON.stringify({ ClientId: this.#cognito.clientId, ...body }),
      });
    } catch {
      throw new SignInError('NetworkError', 'The sign-in service cannot be reached.');
    }
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    throw new SignInError((answer.__type ?? '').split('#').pop(), answer.message ?? answer.Message);
  }
}
