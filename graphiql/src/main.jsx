// Puts GraphiQL on the page, with the top bar above it.
import 'graphiql/setup-workers/vite';
import '@graphiql/react/style.css';
import 'graphiql/graphiql.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import '@graphiql/plugin-explorer/style.css';
import './style.css';

import { DOC_EXPLORER_PLUGIN } from '@graphiql/plugin-doc-explorer';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';

import { fetchWithToken, takeTokenFromAddress } from './token.js';
import { TopBar } from './TopBar.jsx';

takeTokenFromAddress();

const examples = await (await fetch('examples.json')).json();
const config = JSON.parse(document.getElementById('graphiql-config').textContent);
const fetcher = createGraphiQLFetcher({
  url: new URL(config.endpoint, location.href).href,
  fetch: fetchWithToken,
  enableIncrementalDelivery: false,
});
const plugins = [HISTORY_PLUGIN, explorerPlugin()];

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    referencePlugin={DOC_EXPLORER_PLUGIN}
    defaultQuery={config.query ?? examples[0].query}
    defaultEditorToolsVisibility
    inputValueDeprecation
    schemaDescription
    shouldPersistHeaders={false}
  >
    <GraphiQL.Logo>
      <span className="graphiql-logo-link">
        Graph<em>i</em>QL
      </span>
    </GraphiQL.Logo>
    <TopBar examples={examples} />
  </GraphiQL>,
);
