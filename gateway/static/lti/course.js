// The page of a course: its lessons, how far the learner is with each, and what became of the grade.

import { announce, attempt, button, chip, fitFrame, level, make, show, wait } from './elements.js';
import { begun, Problem } from './session.js';
import { moment, say } from './words.js';

const DONE = ['COMPLETED', 'PASSED'];

let session;
let learns;

async function start() {
  wait();
  session ??= await begun();
  const { viewer } = await session.ask('who');
  // The sessions of staff read courses alone.
  learns = viewer.abilities.includes('lti:read');
  await place();
}

// What the address says: the launch's own course, another one, or none.
async function place() {
  const chosen = window.history.state?.course;
  if (chosen !== undefined) await (learns ? studied(chosen) : looked(chosen));
  else if (session.course === null) await listed();
  else await (learns ? launched() : looked(session.course));
}

function go(course) {
  window.history.pushState(course === null ? null : { course }, '');
  arrive();
}

function arrive() {
  window.scrollTo(0, 0);
  return attempt(async () => {
    wait();
    await place();
    document.querySelector('h1').focus();
  }, arrive);
}

async function launched() {
  const { ltiLaunch: launch } = await session.ask('launched', { launch: session.launch });
  if (launch === null || launch.course === null) throw new Problem('missing');
  const current = launch.progress.find(({ lesson }) => lesson.legacyId === launch.lesson?.legacyId);
  showCourse(launch.course, launch.progress, { current, grade: gradeOf(launch) });
}

async function studied(key) {
  const { course, learner } = await session.ask('studied', { course: key });
  if (course === null) throw new Problem('missing');
  showCourse(course, learner?.lessonProgress ?? []);
}

async function looked(key) {
  const { course } = await session.ask('course', { course: key });
  if (course === null) throw new Problem('missing');
  const rows = course.lessons.map((lesson) => ({ lesson, state: null, percent: null }));
  const named = [session.lesson];
  const current = rows.find(({ lesson }) => named.includes(lesson.code) || named.includes(String(lesson.legacyId)));
  showCourse(course, rows, { current });
}

function showCourse(course, rows, { current, grade = null } = {}) {
  const others = rows.filter((row) => row !== current);
  const list = make('ol', { class: 'lessons' }, ...others.map(lessonRow));
  show(
    header(course, rows),
    current === undefined ? null : currentCard(current),
    grade,
    others.length === 0 ? null : section(say('lessons'), list),
    rows.length === 0 ? make('p', {}, say('empty')) : null,
    learns ? null : make('p', { class: 'note' }, say('staff')),
    learns ? make('p', {}, button(say('refresh'), refresh, { class: 'quiet', id: 'refresh' })) : null,
  );
  document.title = course.name;
}

function header(course, rows) {
  const finished = rows.filter(({ state }) => DONE.includes(state)).length;
  const told = say('done', finished, rows.length);
  const away = window.history.state !== null || session.course === null;
  const counts = learns && rows.length > 0;
  return make(
    'header',
    {},
    away ? make('p', {}, button(`← ${say('back')}`, () => leave(), { class: 'quiet' })) : null,
    make('h1', { tabindex: '-1' }, course.name, ' ', level(course)),
    course.description ? make('p', {}, course.description) : null,
    counts ? make('p', { class: 'whole' }, told) : null,
    counts ? make('progress', { max: rows.length, value: finished, 'aria-label': told }) : null,
  );
}

// The list of courses, or the launched course, from where one came.
function leave() {
  go(null);
}

function currentCard({ lesson, state, percent }) {
  return make(
    'section',
    { class: 'card', 'aria-labelledby': 'current' },
    make('h2', { id: 'current' }, say('current')),
    make('p', { class: 'name' }, lesson.name),
    state === null ? null : stateLine(lesson, state, percent),
  );
}

function lessonRow({ lesson, state, percent }) {
  return make('li', {}, make('p', { class: 'name' }, lesson.name), state === null ? '' : stateLine(lesson, state, percent));
}

function stateLine(lesson, state, percent) {
  const share = Math.round(percent);
  return make(
    'p',
    { class: 'state' },
    make('progress', { max: 100, value: share, 'aria-label': lesson.name }),
    make('span', { class: 'share' }, say('percent', share)),
    chip(say(state), state),
  );
}

function gradeOf({ hasGradeService, scores }) {
  const [last] = scores.nodes;
  const told = make('p', {}, say(hasGradeService ? 'gradeLater' : 'gradeNever'));
  return section(say('grade'), ...(last === undefined ? [told] : lastGrade(last)));
}

function lastGrade({ scoreGiven, scoreMaximum, status, finishedAt }) {
  const points = scoreGiven === null ? '' : say('score', scoreGiven, scoreMaximum);
  const since = status === 'DELIVERED' ? ` ${moment(finishedAt)}` : '';
  return [make('p', { class: 'name' }, points), make('p', { class: 'note' }, `${say(`grade${status}`)}${since}`)];
}

async function listed() {
  const mine = learns ? await courseNumbers() : new Set();
  const yours = make('ul', { class: 'courses' });
  const others = make('ul', { class: 'courses' });
  const more = make('button', { type: 'button', class: 'quiet' }, say('more'));
  let after = null;
  async function next() {
    const { courses } = await session.ask('courses', { after });
    for (const course of courses.nodes) (mine.has(course.legacyId) ? yours : others).append(courseRow(course));
    after = courses.pageInfo.endCursor;
    more.hidden = !courses.pageInfo.hasNextPage;
  }
  await next();
  const [mineCard, otherCard] = [section(say('yours'), yours), section(say('others'), others)];
  // Which of the two has something in it, the next page may change.
  const cards = () => {
    mineCard.hidden = yours.children.length === 0;
    otherCard.hidden = others.children.length === 0;
  };
  cards();
  more.addEventListener('click', () => attempt(() => next().then(cards), arrive));
  const nothing = mineCard.hidden && otherCard.hidden;
  show(
    make('h1', { tabindex: '-1' }, say('courses')),
    mineCard,
    nothing ? make('p', {}, say('nothing')) : otherCard,
    make('p', {}, more),
  );
}

// The courses in which the learner began something.
async function courseNumbers() {
  const found = new Set();
  for (let after = null, more = true; more; ) {
    const { learnerProgress } = await session.ask('begun', { after });
    for (const { lesson } of learnerProgress.nodes) found.add(lesson.course.legacyId);
    after = learnerProgress.pageInfo.endCursor;
    more = learnerProgress.pageInfo.hasNextPage;
  }
  return found;
}

function courseRow(course) {
  return make(
    'li',
    {},
    button(course.name, () => go(String(course.legacyId)), { class: 'name' }),
    make('p', { class: 'state' }, level(course), say('count', course.lessonsCount)),
  );
}

function refresh() {
  return attempt(async () => {
    await place();
    document.getElementById('refresh')?.focus();
    announce(say('refreshed'));
  }, refresh);
}

function section(title, ...children) {
  return make('section', { class: 'card' }, make('h2', {}, title), ...children);
}

window.addEventListener('popstate', arrive);
fitFrame();
function begin() {
  return attempt(start, begin);
}
begin();
