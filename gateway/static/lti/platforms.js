'use strict';

// The page lies at {prefix}/lti/platforms, and the doors of the REST API below the same prefix.
const api = location.pathname.replace(/\/lti\/platforms$/, '');
const consumers = `${api}/integrations/lti-consumers`;
const texts = ['name', 'issuer', 'client_id', 'auth_login_url', 'auth_token_url', 'jwks_url'];
const $ = (id) => document.getElementById(id);
// The number of the platform that is being changed; null where a new one is registered.
let changing = null;

// What the API says, or null where nothing can be read. The token is read anew each time, and kept nowhere.
async function ask(method, url, body) {
  const headers = { Authorization: `Bearer ${$('token').value.trim()}`, Accept: 'application/json' };
  if (body) headers['Content-Type'] = 'application/json';
  try {
    const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body), credentials: 'omit' });
    const content = answer.status === 204 ? {} : await answer.json();
    return { good: answer.ok, content };
  } catch {
    return { good: false, content: { message: 'The server does not answer. / サーバーから応答がありません。' } };
  }
}

function say(text) {
  $('status').textContent = text;
}

// The mistakes stand beside the fields that they belong to; the first of them is gone to.
function show_mistakes(form, prefix, errors) {
  for (const place of form.querySelectorAll('.error')) place.textContent = '';
  for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
  const wrong = [];
  for (const [name, messages] of Object.entries(errors || {})) {
    const field = $(prefix + name);
    if (!field) continue;
    $(`${prefix + name}-error`).textContent = messages.join(' ');
    field.setAttribute('aria-invalid', 'true');
    wrong.push(field);
  }
  if (wrong.length) wrong[0].focus();
}

function policy_in(prefix) {
  const given = { matching: $(`${prefix}matching`).value, creates_accounts: $(`${prefix}creates_accounts`).checked };
  const code = $(`${prefix}organization_code`).value.trim();
  return code && !$(`${prefix}organization_code`).disabled ? { ...given, organization_code: code } : given;
}

async function every() {
  const found = [];
  for (let page = 1; ; page += 1) {
    const { good, content } = await ask('GET', `${consumers}?per_page=100&page=${page}`);
    if (!good) return { good, content };
    found.push(...content.data);
    if (page >= content.meta.last_page) return { good, content: found };
  }
}

async function list() {
  const { good, content } = await every();
  for (const id of ['listed', 'platform', 'invitation']) $(id).hidden = !good;
  if (!good) return say(content.message);
  $('rows').replaceChildren(...content.map(row));
  return say(`${content.length} registered / ${content.length} 件`);
}

function row(platform) {
  const line = document.createElement('tr');
  const state = platform.is_active ? 'on / 有効' : 'off / 無効';
  const shown = [platform.issuer, platform.client_id, platform.deployment_ids.join('\n') || '– missing / 未登録', state];
  const name = document.createElement('th');
  name.scope = 'row';
  name.textContent = platform.name;
  line.append(name, ...shown.map(cell), buttons(platform));
  return line;
}

function cell(text) {
  const made = document.createElement('td');
  const code = document.createElement('code');
  code.textContent = text;
  made.append(code);
  return made;
}

function buttons(platform) {
  const place = document.createElement('td');
  const turn = platform.is_active ? 'Switch off / 無効にする' : 'Switch on / 有効にする';
  place.append(
    button('Edit / 編集', platform, () => edit(platform)),
    button(turn, platform, () => change(platform, { is_active: !platform.is_active })),
    button('Remove / 削除', platform, () => remove(platform)),
  );
  return place;
}

function button(text, platform, work) {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = text;
  made.setAttribute('aria-label', `${text}: ${platform.name}`);
  made.addEventListener('click', work);
  return made;
}

function edit(platform) {
  changing = platform.id;
  for (const name of texts) $(name).value = platform[name];
  $('deployment_ids').value = platform.deployment_ids.join('\n');
  $('matching').value = platform.matching;
  $('creates_accounts').checked = platform.creates_accounts;
  titled(`Change / 変更: ${platform.name}`, 'Save / 保存する');
  $('name').focus();
}

function anew() {
  changing = null;
  $('platform').reset();
  titled('Register a platform / プラットフォームを登録', 'Register / 登録する');
}

function titled(title, save) {
  show_mistakes($('platform'), '', {});
  $('platform-title').textContent = title;
  $('save').textContent = save;
  $('anew').hidden = changing === null;
  $('organization_code').disabled = changing !== null;
}

async function change(platform, given) {
  const { good, content } = await ask('PUT', `${consumers}/${platform.id}`, given);
  return good ? list() : say(content.message);
}

async function remove(platform) {
  const question = `Remove ${platform.name}, with its launches and grades? / 起動と成績の記録とともに削除しますか？`;
  if (!window.confirm(question)) return;
  const { good, content } = await ask('DELETE', `${consumers}/${platform.id}`);
  if (!good) say(content.message);
  else await list();
}

async function save(event) {
  event.preventDefault();
  const given = { ...Object.fromEntries(texts.map((name) => [name, $(name).value])), ...policy_in('') };
  given.deployment_ids = $('deployment_ids').value.split('\n').map((one) => one.trim()).filter(Boolean);
  // What the list does not show is changed only by who says something.
  if ($('token_audience').value.trim()) given.token_audience = $('token_audience').value;
  const [method, url] = changing === null ? ['POST', consumers] : ['PUT', `${consumers}/${changing}`];
  const { good, content } = await ask(method, url, given);
  show_mistakes($('platform'), '', content.errors);
  if (!good) return say(content.message);
  $('told').hidden = !content.tool;
  for (const [name, address] of Object.entries(content.tool || {})) $(`told-${name}`).textContent = address;
  anew();
  return list();
}

async function invite(event) {
  event.preventDefault();
  const { good, content } = await ask('POST', `${consumers}/invitations`, policy_in('invited-'));
  show_mistakes($('invitation'), 'invited-', content.errors);
  $('invited').textContent = good ? content.data.url : '';
  return say(good ? `Good until ${content.data.expires_at} / 有効期限` : content.message);
}

$('entrance').addEventListener('submit', (event) => {
  event.preventDefault();
  list();
});
$('platform').addEventListener('submit', save);
$('invitation').addEventListener('submit', invite);
$('anew').addEventListener('click', anew);
