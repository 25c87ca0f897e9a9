// The bar above GraphiQL: the name, the examples, the access token, and whether the schema is there.
import { DropdownMenu, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useState } from 'react';
import { createPortal } from 'react-dom';

import { claimsOf, currentToken, keepToken, takeTokenFromAddress } from './token.js';

export function TopBar({ examples }) {
  // GraphiQL's own class brings its colours and buttons, in the light and in the dark theme.
  return createPortal(
    <div className="graphiql-container top-bar">
      <strong className="top-bar-name">
        Kakehashi <span lang="ja">架け橋</span>
      </strong>
      <ExamplesMenu examples={examples} />
      <TokenField />
      <SchemaStatus />
    </div>,
    document.getElementById('top-bar'),
  );
}

function ExamplesMenu({ examples }) {
  const { addTab } = useGraphiQLActions();
  const { queryEditor, variableEditor } = useGraphiQL(({ queryEditor, variableEditor }) => ({ queryEditor, variableEditor }));

  function open({ query, variables }) {
    if (queryEditor.getValue().trim()) addTab();
    queryEditor.setValue(query);
    variableEditor.setValue(variables ? JSON.stringify(variables, null, 2) : '');
  }

  return (
    <DropdownMenu modal={false}>
      <DropdownMenu.Button className="graphiql-button top-bar-examples" disabled={!queryEditor || !variableEditor}>
        Examples / <span lang="ja">例</span> <span aria-hidden="true">▾</span>
      </DropdownMenu.Button>
      <DropdownMenu.Content className="top-bar-menu">
        {examples.map((example) => (
          <DropdownMenu.Item key={example.title} lang="ja" onSelect={() => open(example)}>
            {example.title}
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}

function TokenField() {
  const { introspect } = useGraphiQLActions();
  const [text, setText] = useState(currentToken);
  const [shown, setShown] = useState(false);

  function keep({ evenIfUnchanged }) {
    const before = currentToken();
    const token = keepToken(text);
    setText(token);
    if (evenIfUnchanged || token !== before) introspect();
  }

  useEffect(() => {
    // A new link opened in the same browser tab changes only the fragment, which loads no page.
    function onHashChange() {
      if (!takeTokenFromAddress()) return;
      setText(currentToken());
      introspect();
    }
    window.addEventListener('hashchange', onHashChange);
    return () => window.removeEventListener('hashchange', onHashChange);
  }, [introspect]);

  return (
    <div className="top-bar-token">
      <label htmlFor="access-token">
        Access token / <span lang="ja">アクセストークン</span>
      </label>
      <input
        id="access-token"
        type={shown ? 'text' : 'password'}
        value={text}
        placeholder="Paste it here, then press Enter"
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && keep({ evenIfUnchanged: true })}
        onBlur={() => keep({ evenIfUnchanged: false })}
      />
      <button
        type="button"
        className="graphiql-un-styled"
        aria-pressed={shown}
        aria-controls="access-token"
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => setShown(!shown)}
      >
        {shown ? 'Hide' : 'Show'}
      </button>
    </div>
  );
}

function SchemaStatus() {
  const { schema, fetchError, isIntrospecting } = useGraphiQL(({ schema, fetchError, isIntrospecting }) => ({
    schema,
    fetchError,
    isIntrospecting,
  }));
  const [kind, text] = isIntrospecting
    ? ['waiting', 'Reading the schema…']
    : fetchError
      ? ['error', reasonOf(fetchError)]
      : schema
        ? ['ready', personOf(currentToken())]
        : ['waiting', ''];
  return (
    <span role="status" className={`top-bar-status top-bar-status-${kind}`} title={text}>
      {text}
    </span>
  );
}

/** The first message in what GraphiQL kept of a failed introspection, which is JSON text of several shapes. */
function reasonOf(fetchError) {
  try {
    const body = JSON.parse(fetchError);
    return `No schema: ${body.errors?.[0]?.message ?? body.message ?? fetchError}`;
  } catch {
    return `No schema: ${fetchError}`;
  }
}

function personOf(token) {
  if (!token) return 'Schema read, no token';
  const claims = claimsOf(token);
  if (!claims?.sub) return 'Schema read';
  if (!claims.exp) return claims.sub;
  const end = new Date(claims.exp * 1000);
  const time = end.toLocaleString('ja-JP', { dateStyle: 'short', timeStyle: 'short' });
  return `${claims.sub}, ${end < new Date() ? 'expired' : 'until'} ${time}`;
}
