import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Evaluation } from '../../runtime/evaluation.ts';
import { renderGallery } from './gallery.ts';
import type { Gallery } from './gallery.ts';
import { renderReport } from './render-report.ts';
import type { ReportData } from './report-data.ts';

const DIRECTORY = 'reports';

/** `reports/<stem>-<n>.html` with the first number that is free. */
export function freeReportPath(stem: string): string {
  for (let number = 1; ; number += 1) {
    const path = join(DIRECTORY, `${stem}-${number}.html`);
    if (!existsSync(path)) return path;
  }
}

/** Writes a report, creating its folder. */
export async function writeReport(path: string, data: ReportData): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, renderReport(data));
}

/** Writes the page of a folder of films, and the evaluation with its films as data for `armature serve`, and gives the path of the page. */
export async function writeGallery(folder: string, gallery: Gallery, evaluation: Evaluation): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'evaluation.json'), JSON.stringify({ ...evaluation, clips: gallery.clips }));
  const path = join(folder, 'index.html');
  await writeFile(path, renderGallery(gallery));
  return path;
}
