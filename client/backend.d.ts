/** For back ends, which act for users: `new AssetGateway({ endpoint, token, actAs })`. */

export interface Credentials {
  /** Such as Cognito's `https://DOMAIN.auth.REGION.amazoncognito.com/oauth2/token`. */
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  /** Scopes, separated by blanks. */
  scope?: string | undefined;
  /** Further fields, such as `audience` for Auth0. */
  extra?: Record<string, string> | undefined;
  /** How long to wait for the token endpoint; 10,000 by default. */
  timeoutMs?: number | undefined;
}

/**
 * The `token` of an `AssetGateway`, by the client-credentials grant: asked for when it is needed, and
 * again before it ends. Rejects with an error that holds no secret when the endpoint refuses.
 *
 * For servers alone: what a browser loads, anybody can read.
 */
export declare function clientCredentials(
  credentials: Credentials,
): (ask?: { renew?: boolean | undefined }) => Promise<string>;
