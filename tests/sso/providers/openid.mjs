// An OpenID provider that others wrote (npm oidc-provider), for one client: PORT, its redirect URI, its id and secret.
import { Provider } from "oidc-provider";

const [port, redirectUri, clientId, clientSecret] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri], response_types: ["code"] }],
  cookies: { keys: ["nothing that anybody wants"] },
  pkce: { required: () => true },
  claims: { openid: ["sub", "groups"], email: ["email", "email_verified"], profile: ["given_name", "family_name"] },
  // Schools' providers tell who somebody is in the id_token itself.
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: true } },
  // Who signs in is called by the name that was typed.
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      email: `${id}@school.example.jp`,
      email_verified: id !== "unproved",
      given_name: "太郎",
      family_name: "鈴木",
      groups: ["teachers"],
    }),
  }),
});
provider.listen(Number(port), "127.0.0.1");
