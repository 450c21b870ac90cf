import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { PATIENCE_MS } from './with-browser.ts';

/** Where the joints are sent, as the page shows it, rad. */
async function joints(page: Page): Promise<number[]> {
  const texts = await page.locator('.joints tbody tr td:nth-child(4)').allTextContents();
  return texts.map((text) => Number(text.replace('−', '-')));
}

export async function takeControl(page: Page): Promise<void> {
  await page.getByTestId('take-control').click();
  await page.getByTestId('control-state').filter({ hasText: 'You have the control' }).waitFor();
}

/** Holds a button until the arm has moved; on a busy computer the page may falter, and then it is let go and held again. */
export async function jog(page: Page, name: string): Promise<void> {
  await expect.poll(async () => (await joints(page)).every(Number.isFinite), { timeout: PATIENCE_MS }).toBe(true);
  const before = await joints(page);
  const hasMoved = async (): Promise<boolean> =>
    (await joints(page)).some((positionRad, joint) => Math.abs(positionRad - (before[joint] ?? 0)) > 0.05);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    await page.getByTestId(`jog-${name}`).hover();
    await page.mouse.down();
    for (let look = 0; look < 20 && !(await hasMoved()); look += 1) await page.waitForTimeout(100);
    if (await hasMoved()) return;
    await page.mouse.up();
    await page.waitForTimeout(300);
  }
  throw new Error('the arm did not move');
}

/** Where the arm is sent, as the marks between the limits are drawn: what is measured is noise. */
export async function sentMarks(page: Page): Promise<string> {
  const marks = await page.locator('.gauge .sent').all();
  return (await Promise.all(marks.map((mark) => mark.getAttribute('cx')))).join(' ');
}
