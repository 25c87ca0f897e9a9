// Builds the page into the folder from which the gateway serves it.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vite';
import { examples } from './src/examples.js';

// What the generated list of packages does not say: bundled inside a package, or used by a web worker only.
const notices = {
  'codicon.ttf: Visual Studio Code Icons, Microsoft, Creative Commons Attribution 4.0 International': null,
  'picomatch-browser': 'picomatch-browser/LICENSE',
  'monaco-editor': 'monaco-editor/ThirdPartyNotices.txt',
  prettier: 'prettier/THIRD-PARTY-NOTICES.md',
};

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const noticeText = ([title, path]) => `# ${title}\n\n${path ? read(`node_modules/${path}`) : ''}`;
const digest = (path) => createHash('sha256').update(read(path)).digest('hex');

// From these files the page is built; their digests let a test tell when it was not built again.
const sources = ['index.html', 'package-lock.json', 'package.json', 'vite.config.js'].concat(
  readdirSync(new URL('src', import.meta.url)).map((name) => `src/${name}`).sort(),
);

// The page reads its examples from this JSON, so a changed example changes no bundle, and tests can check them all.
function writeBesideThePage() {
  return {
    name: 'write-beside-the-page',
    apply: 'build',
    generateBundle() {
      const emit = (fileName, source) => this.emitFile({ type: 'asset', fileName, source });
      const emitJson = (fileName, value) => emit(fileName, `${JSON.stringify(value, null, 2)}\n`);
      emitJson('examples.json', examples);
      emitJson('sources.json', Object.fromEntries(sources.map((path) => [path, digest(path)])));
      emit('licenses/third-party.md', Object.entries(notices).map(noticeText).join('\n'));
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [writeBesideThePage()],
  worker: { format: 'es' },
  server: { proxy: { '/graphql': 'http://127.0.0.1:8000' } },
  build: {
    outDir: '../gateway/static/graphiql',
    emptyOutDir: true,
    target: 'es2022',
    license: { fileName: 'licenses/packages.md' },
    chunkSizeWarningLimit: 3000,
    rolldownOptions: {
      // Our own few lines lie apart from the packages, so that a change of ours leaves the large files as they are.
      output: { codeSplitting: { groups: [{ name: 'packages', test: /node_modules\/(?!monaco-|prettier)/ }] } },
      // GraphiQL's compiled packages carry "use no memo" directives, which mean nothing once bundled.
      onLog: (level, log, next) => log.code === 'MODULE_LEVEL_DIRECTIVE' || next(level, log),
    },
  },
});
