import { expect, it } from 'vitest';
import { News } from '../../web/src/news.ts';

it('what has come is told once for each picture of the screen, to those who wait for it', () => {
  const asked: (() => void)[] = [];
  const told: string[] = [];
  const news = new News((tell) => asked.push(tell));
  const draw = (): void => asked.splice(0).forEach((tell) => tell());
  const stop = news.listen(() => told.push('frame'), ['frame']);
  news.listen(() => told.push('all'));
  // A hidden page gets messages for hours before it is drawn.
  for (let index = 0; index < 100; index += 1) news.add('frame');
  expect(asked).toHaveLength(1);
  draw();
  expect(told.splice(0)).toEqual(['frame', 'all']);
  news.add('notice');
  news.add('picture');
  expect(asked).toHaveLength(1);
  draw();
  expect(told.splice(0)).toEqual(['all']);
  stop();
  news.add('frame');
  draw();
  expect(told).toEqual(['all']);
});
