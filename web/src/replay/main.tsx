import '../check-without-code.ts';
import { render } from 'preact';
import { Archive } from './archive.ts';
import { ReplayApp } from './replay-app.tsx';
import '../style.css';
import './replay.css';

const root = document.querySelector('#app');
if (root !== null) render(<ReplayApp archive={new Archive(window.location)} />, root);
