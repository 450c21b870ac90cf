import { render } from 'preact';
import { z } from 'zod';
import { App } from './app.tsx';
import { Connection } from './connection.ts';
import './style.css';

// The page's own rules forbid making code from text, which checking would otherwise try.
z.config({ jitless: true });

const root = document.querySelector('#app');
if (root !== null) render(<App connection={new Connection(window.location)} />, root);
