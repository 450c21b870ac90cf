import './check-without-code.ts';
import { render } from 'preact';
import { App } from './app.tsx';
import { Connection } from './connection.ts';
import './style.css';

const root = document.querySelector('#app');
if (root !== null) render(<App connection={new Connection(window.location)} />, root);
