// Elements of a page, made from texts alone: nothing that a server says is ever read as HTML.

import { say } from './words.js';

// What a second attempt may mend.
const PASSING = ['unreachable', 'busy', 'broken', 'COURSE_UNKNOWN', 'LESSON_UNKNOWN'];

export const page = document.getElementById('page');

// An element with attributes; `on…` are what it does, and null and false leave an attribute out.
export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function button(text, press, attributes = {}) {
  return make('button', { type: 'button', onclick: press, ...attributes }, text);
}

export function chip(text, kind = '') {
  return make('span', { class: `chip ${kind}`.trim() }, text);
}

// The CEFR level of a course, unless its name says it.
export function level({ name, cefrLevel }) {
  return cefrLevel === null || name.includes(cefrLevel) ? '' : chip(cefrLevel);
}

// Puts this in place of everything; whoever cannot see it hears that it changed.
export function show(...parts) {
  page.replaceChildren(...parts.filter((part) => part !== null));
  page.setAttribute('aria-busy', 'false');
}

export function wait() {
  page.setAttribute('aria-busy', 'true');
  page.replaceChildren(make('p', { class: 'waiting' }, say('loading')));
}

export function announce(text) {
  document.getElementById('news').textContent = text;
}

// Runs a part of the page, and says what went wrong in it; `again` is what a second attempt does, where one may help.
export async function attempt(part, again = null) {
  try {
    await part();
  } catch (problem) {
    const word = problem.word ?? 'broken';
    if (problem.word === undefined) console.error(problem);
    const retry = again !== null && PASSING.includes(word) ? make('p', {}, button(say('again'), again)) : null;
    show(make('div', { class: 'problem', role: 'alert' }, make('p', {}, say(word)), retry));
  }
}

// Tells the platform how high the page is, so that its frame need not scroll (lti.frameResize). It says nothing else,
// so any parent may hear it.
export function fitFrame() {
  if (window.parent === window) return;
  let told = 0;
  new ResizeObserver(() => {
    const height = Math.ceil(page.getBoundingClientRect().bottom + window.scrollY) + 24;
    if (height === told) return;
    told = height;
    window.parent.postMessage({ subject: 'lti.frameResize', height }, '*');
  }).observe(page);
}
