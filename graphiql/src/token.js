// Keeps the access token of this browser tab, and sends it with every request.

const KEY = 'kakehashi:token';
let token = read();

function read() {
  try {
    return sessionStorage.getItem(KEY) ?? '';
  } catch {
    return ''; // The browser forbids storage: the token then lives as long as the page.
  }
}

export function currentToken() {
  return token;
}

/** Takes what a person pasted: white space and a leading "Bearer" are no part of the token. An empty text forgets it. */
export function keepToken(text) {
  token = text.trim().replace(/^Bearer\s+/i, '');
  try {
    if (token) sessionStorage.setItem(KEY, token);
    else sessionStorage.removeItem(KEY);
  } catch {
    // The browser forbids storage; the variable above still holds the token.
  }
  return token;
}

/** Moves a token out of the address (#token=…), so that it stays neither in the history nor on a screenshot. */
export function takeTokenFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given === null) return false;
  history.replaceState(history.state, '', location.pathname + location.search);
  keepToken(given);
  return true;
}

/** What the token says of itself, unverified: {sub, exp, …}; null where it cannot be read. */
export function claimsOf(text) {
  try {
    const body = text.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    const claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(body), (c) => c.charCodeAt(0))));
    return typeof claims === 'object' ? claims : null;
  } catch {
    return null;
  }
}

/** fetch() with the token; a person's own Authorization from the Headers pane goes first. */
export async function fetchWithToken(url, options) {
  const headers = new Headers(options.headers);
  if (token && !headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
  const response = await fetch(url, { ...options, headers });
  const type = response.headers.get('content-type') ?? 'no content type';
  if (!type.includes('json')) throw new Error(`${url} answered ${response.status} with ${type} instead of JSON.`);
  return response;
}
