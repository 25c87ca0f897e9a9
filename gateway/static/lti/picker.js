// The page in which courses and lessons are chosen for a platform (Deep Linking 2.0).

import { announce, attempt, button, fitFrame, level, make, show, wait } from './elements.js';
import { begun, Problem } from './session.js';
import { knows, say } from './words.js';

let session;
let several;
// What is chosen: items of the answer with the names that people read, by a key of their own.
const chosen = new Map();

const list = make('ul', { class: 'courses' });
const summary = make('section', { class: 'card', 'aria-label': say('chosen') });
const add = button(say('add'), () => finish([...chosen.values()].map(({ item }) => item)));
const count = make('p', { class: 'note' });
const more = button(say('more'), () => find(), { class: 'quiet', hidden: true });
const field = make('input', { type: 'search', id: 'keyword', maxlength: '200', autocomplete: 'off' });
let after = null;
// Answers may overtake one another: what a newer search has replaced is thrown away.
let searches = 0;

async function start() {
  wait();
  session ??= await begun();
  const { deepLinking: choice } = await session.ask('choice', { launch: session.launch });
  if (choice === null) throw new Problem('noChoice');
  if (choice.answeredAt !== null) throw new Problem('LAUNCH_ANSWERED');
  if (Date.parse(choice.expiresAt) <= Date.now()) throw new Problem('LAUNCH_EXPIRED');
  several = choice.acceptMultiple;
  if (choice.takesLinks) await pick();
  else show(make('p', {}, say('noLinks')), make('footer', {}, cancel()));
}

async function pick() {
  await find();
  tell();
  show(
    make('h1', {}, say(several ? 'choose' : 'chooseOne')),
    make(
      'form',
      { class: 'search', role: 'search', onsubmit: search },
      make('label', { for: 'keyword' }, say('keyword')),
      field,
      make('button', { class: 'quiet' }, say('search')),
    ),
    make('section', { class: 'card', 'aria-label': say('courses') }, list, more),
    summary,
    make('footer', {}, count, cancel(), add),
  );
}

function cancel() {
  return button(say('cancel'), () => finish([]), { class: 'quiet' });
}

function search(event) {
  event.preventDefault();
  after = null;
  find();
}

// The next courses that the field asks for, below those that are there; the first ones in their place.
function find() {
  const first = after === null;
  searches += 1;
  const mine = searches;
  return attempt(async () => {
    const { courses } = await session.ask('courses', { keyword: field.value.trim() || null, after });
    if (mine !== searches) return;
    if (first) list.replaceChildren();
    list.append(...courses.nodes.map(courseRow));
    after = courses.pageInfo.endCursor;
    more.hidden = !courses.pageInfo.hasNextPage;
    announce(say('found', list.children.length));
    if (list.children.length === 0) list.append(make('li', {}, say('found', 0)));
  }, begin);
}

function courseRow(course) {
  const number = String(course.legacyId);
  const lessons = make('div', {});
  const fold = make('details', {}, make('summary', {}, `${say('show')} (${course.lessonsCount})`), lessons);
  fold.addEventListener('toggle', () => attempt(() => unfold(lessons, course), begin), { once: true });
  return make(
    'li',
    {},
    option({ course: number }, course.name, make('span', {}, ...described(course))),
    course.lessonsCount === 0 ? '' : fold,
  );
}

function described(course) {
  const name = make('span', { class: 'name' }, course.name, ' ', level(course));
  return course.description ? [name, make('span', { class: 'note' }, course.description)] : [name];
}

async function unfold(lessons, { legacyId, name }) {
  const number = String(legacyId);
  const { course } = await session.ask('course', { course: number });
  const rows = course?.lessons ?? [];
  lessons.replaceChildren(
    ...rows.map((lesson) =>
      option({ course: number, lesson: String(lesson.legacyId) }, `${name} – ${lesson.name}`, make('span', {}, lesson.name)),
    ),
  );
}

// Something to choose; its label is everything that it says.
function option(item, name, label) {
  const key = JSON.stringify(item);
  const type = several ? 'checkbox' : 'radio';
  const box = make('input', { type, name: 'choice', value: key, checked: chosen.has(key), 'data-name': name });
  return make('label', { class: 'option' }, box, label);
}

function choose({ target }) {
  if (target.name !== 'choice') return;
  if (!several) chosen.clear();
  if (target.checked) chosen.set(target.value, { item: JSON.parse(target.value), name: target.dataset.name });
  else chosen.delete(target.value);
  tell();
}

// What is chosen, also where a search shows it no more.
function tell() {
  const rows = [...chosen].map(([key, { name }]) => make('li', {}, make('span', {}, name), remover(key, name)));
  const found = rows.length === 0 ? make('p', { class: 'note' }, say('none')) : make('ul', { class: 'chosen' }, ...rows);
  summary.replaceChildren(make('h2', {}, say('chosen')), found);
  add.disabled = rows.length === 0;
  count.textContent = rows.length === 0 ? '' : say('number', rows.length);
}

function remover(key, name) {
  const remove = () => {
    chosen.delete(key);
    for (const box of list.querySelectorAll('input')) box.checked = chosen.has(box.value);
    tell();
    field.focus();
  };
  return button('✕', remove, { class: 'quiet', 'aria-label': say('remove', name) });
}

// Has the answer signed, and posts it to the platform: from this window, so that its own cookies go there.
function finish(items) {
  return attempt(async () => {
    add.disabled = true;
    announce(say('sending'));
    const { answerDeepLinking: answer } = await session.ask('answer', { launch: session.launch, items });
    const [mistake] = answer.userErrors;
    if (mistake !== undefined) throw new Problem(knows(mistake.code) ? mistake.code : 'broken');
    const form = make(
      'form',
      { method: 'post', action: answer.returnUrl, hidden: true },
      make('input', { type: 'hidden', name: 'JWT', value: answer.jwt }),
    );
    document.body.append(form);
    form.submit();
  }, begin);
}

list.addEventListener('change', choose);
fitFrame();
function begin() {
  return attempt(start, begin);
}
begin();
