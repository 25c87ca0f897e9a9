// The session of a launch: its code is changed for a token, once, and the token is asked with. It is never in an
// address, and never in a cookie; where the browser lets us, it stays in this tab's own store so that a reload works.

const GRAPHQL = document.querySelector('meta[name=graphql]').content;

// Something that people are told; `word` names what, in words.js.
export class Problem extends Error {
  constructor(word) {
    super(word);
    this.word = word;
  }
}

// What is told of anything that goes wrong on the way.
async function reached(address, options) {
  try {
    return await fetch(address, { credentials: 'omit', cache: 'no-store', ...options });
  } catch {
    throw new Problem('unreachable');
  }
}

function sent(body, headers = {}) {
  return { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } };
}

// The store of this tab, where the browser has one for this frame: some throw at the name alone.
function store() {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

function kept(name) {
  try {
    return JSON.parse(store()?.getItem(name) ?? 'null');
  } catch {
    return null;
  }
}

function keep(name, session) {
  try {
    store()?.setItem(name, JSON.stringify(session));
  } catch {
    // Then it lasts until the page is left.
  }
}

// The session of this page: from the code in its address, which goes out of it at once, or from before a reload.
export async function begun() {
  const asked = new URLSearchParams(window.location.search);
  const code = new URLSearchParams(window.location.hash.slice(1)).get('code');
  const { pathname, search } = window.location;
  window.history.replaceState(null, '', `${pathname}${search}`);
  const launch = Number(asked.get('launch'));
  const name = `kakehashi_lti_${launch}`;
  const session = (code === null ? null : await exchanged(code)) ?? kept(name);
  if (session === null || session.launch !== launch || Date.parse(session.expires_at) <= Date.now()) {
    throw new Problem('ended');
  }
  keep(name, session);
  return new Session(session, asked);
}

// The session for a code; null where the code is good no more.
async function exchanged(code) {
  const answer = await reached('session', sent({ code }));
  if (answer.ok) return answer.json();
  if (answer.status === 429) throw new Problem('busy');
  if (answer.status >= 500) throw new Problem('broken');
  return null;
}

class Session {
  constructor({ token, launch }, asked) {
    this.token = token;
    this.launch = launch;
    this.course = asked.get('course');
    this.lesson = asked.get('lesson');
    this.documents = new Map();
  }

  // The data of one of our documents, which lie beside this file.
  async ask(name, variables = {}) {
    if (!this.documents.has(name)) {
      const found = await reached(`static/${name}.graphql`, { cache: 'default' });
      if (!found.ok) throw new Problem('broken');
      this.documents.set(name, await found.text());
    }
    const headers = { Authorization: `Bearer ${this.token}`, Accept: 'application/json' };
    const answer = await reached(GRAPHQL, sent({ query: this.documents.get(name), variables }, headers));
    const { data, errors } = await answer.json().catch(() => ({ errors: [{}] }));
    if (errors !== undefined) throw new Problem(wordOf(errors[0].extensions?.code));
    return data;
  }
}

function wordOf(code) {
  return { UNAUTHENTICATED: 'ended', RATE_LIMITED: 'busy', MAINTENANCE: 'busy', NOT_FOUND: 'missing' }[code] ?? 'broken';
}
