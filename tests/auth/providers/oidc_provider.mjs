// npm's oidc-provider on loopback. The environment says where its package is, on which port it
// listens, and by which key it signs; nothing is printed until it does listen.

const settings = JSON.parse(process.env.SETTINGS);
const { Provider } = await import(`${settings.packages}/oidc-provider/lib/index.js`);

const resource = {
  scope: `openid ${settings.scope}`,
  audience: settings.audience,
  accessTokenFormat: "jwt",
  accessTokenTTL: 3600,
  jwt: { sign: { alg: settings.key.alg } },
};
const provider = new Provider(settings.issuer, {
  clients: [
    {
      client_id: settings.client,
      client_secret: settings.secret,
      grant_types: ["client_credentials", "password"],
      redirect_uris: [],
      response_types: [],
      id_token_signed_response_alg: settings.key.alg,
    },
  ],
  clientDefaults: { id_token_signed_response_alg: settings.key.alg },
  enabledJWA: { idTokenSigningAlgValues: [settings.key.alg] },
  jwks: { keys: [settings.key] },
  scopes: ["openid", settings.scope],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => settings.audience,
      useGrantedResource: () => true,
      getResourceServerInfo: () => resource,
    },
  },
});

// Anybody is who they say: it is tokens that are tested.
provider.registerGrantType(
  "password",
  async (ctx) => {
    const token = new provider.AccessToken({
      accountId: ctx.oidc.params.username,
      client: ctx.oidc.client,
      scope: "openid",
      gty: "password",
    });
    token.resourceServer = new provider.ResourceServer(settings.audience, resource);
    ctx.body = { access_token: await token.save(), token_type: "Bearer" };
  },
  ["username"],
);
provider.listen(settings.port, "127.0.0.1");
