// Keeps a secret with the platform, or asks for it back, where the browser keeps no cookies for a page in a frame.
// Standards: LTI postMessage Storage 1.0; OIDC Login with LTI Client Side postMessages 1.0. What to do is told in #told.

const PATIENCE_MS = 2000;
const told = JSON.parse(document.getElementById('told').textContent);

// The window of the platform: around this frame, or the one that opened this window.
function around() {
  return window.parent === window ? window.opener : window.parent;
}

// The frame that keeps things: the platform's own window, or one that it names; null where there is no such frame.
function keeper() {
  const platform = around();
  if (platform === null || told.target === '_parent') return platform;
  try {
    return platform.frames[told.target] ?? null;
  } catch {
    // Of a window of another site, even asking for a frame that it lacks is refused.
    return null;
  }
}

function messageId() {
  const numbers = crypto.getRandomValues(new Uint32Array(4));
  return Array.from(numbers, (number) => number.toString(16).padStart(8, '0')).join('');
}

// What the platform answers, or an empty object where it says nothing for two seconds. The origin is that of its
// authorization endpoint, to the letter: nobody else reads what is sent, and nobody else's answer is heard.
function asked(subject, body) {
  const frame = keeper();
  if (frame === null) return Promise.resolve({});
  const id = messageId();
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish({}), PATIENCE_MS);
    function hear(event) {
      const { origin, data } = event;
      if (origin !== told.origin || data?.message_id !== id || data.subject !== `${subject}.response`) return;
      finish(data);
    }
    function finish(answer) {
      clearTimeout(timer);
      window.removeEventListener('message', hear);
      resolve(answer);
    }
    window.addEventListener('message', hear);
    frame.postMessage({ subject, message_id: id, ...body }, told.origin);
  });
}

async function keep() {
  await asked('lti.put_data', { key: told.key, value: told.value });
  window.location.replace(told.onward);
}

async function comeBack() {
  const { value } = await asked('lti.get_data', { key: told.key });
  const form = document.forms[0];
  form.elements.namedItem('proof').value = typeof value === 'string' ? value : '';
  form.submit();
}

if ('onward' in told) keep();
else comeBack();
