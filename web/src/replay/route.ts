/** What is looked at, as the address of the page says it behind #. */
export type Route =
  | { readonly view: 'none' }
  | { readonly view: 'recording'; readonly id: string; readonly episode: number; readonly other: Other | undefined }
  | { readonly view: 'black-box'; readonly id: string }
  | { readonly view: 'evaluation'; readonly id: string };

/** The episode that another one is compared with. */
export interface Other {
  readonly id: string;
  readonly episode: number;
}

export function routeOf(hash: string): Route {
  const words = new URLSearchParams(hash.replace(/^#/, ''));
  const number = (name: string): number => Math.max(0, Math.trunc(Number(words.get(name) ?? 0)) || 0);
  const recording = words.get('recording');
  const other = words.get('with');
  if (recording !== null) {
    return {
      view: 'recording',
      id: recording,
      episode: number('episode'),
      other: other === null ? undefined : { id: other, episode: number('other') },
    };
  }
  const blackBox = words.get('black-box');
  if (blackBox !== null) return { view: 'black-box', id: blackBox };
  const evaluation = words.get('evaluation');
  return evaluation === null ? { view: 'none' } : { view: 'evaluation', id: evaluation };
}

export function hashOf(route: Route): string {
  switch (route.view) {
    case 'none':
      return '#';
    case 'recording': {
      const compared = route.other === undefined ? '' : `&with=${route.other.id}&other=${route.other.episode}`;
      return `#recording=${route.id}&episode=${route.episode}${compared}`;
    }
    case 'black-box':
    case 'evaluation':
      return `#${route.view}=${route.id}`;
  }
}
