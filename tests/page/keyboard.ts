import type { Page } from 'playwright-core';

/** What takes the focus, as somebody who does not see the page is told. */
export interface Focusable {
  readonly role: string;
  readonly name: string;
}

interface AccessibilityNode {
  readonly ignored: boolean;
  readonly role?: { readonly value?: string };
  readonly name?: { readonly value?: string };
  readonly properties?: readonly { readonly name: string; readonly value: { readonly value?: unknown } }[];
}

/** All that takes the focus, by the browser's own tree for assistive technology. */
export async function focusableNames(page: Page): Promise<Focusable[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = (await session.send('Accessibility.getFullAXTree')) as { nodes: readonly AccessibilityNode[] };
  await session.detach();
  return nodes
    .filter(({ ignored, role, properties = [] }) => {
      const isFocusable = properties.some(({ name, value }) => name === 'focusable' && value.value === true);
      return !ignored && isFocusable && role?.value !== 'RootWebArea';
    })
    .map(({ role, name }) => ({ role: role?.value ?? '', name: name?.value ?? '' }));
}

/** More stops than any page has. */
const MOST_STOPS = 200;

/** The texts of what Tab goes through, in order, until it leaves the page. */
export async function tabThrough(page: Page): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < MOST_STOPS) {
    await page.keyboard.press('Tab');
    const text = await page.evaluate<string | null>(
      'document.activeElement === document.body ? null : document.activeElement.innerText ?? ""',
    );
    if (text === null) return texts;
    texts.push(text.replaceAll(/\s+/g, ' ').trim());
  }
  return texts;
}
