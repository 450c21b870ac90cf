import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadRobot } from '../../src/robot/load-robot.ts';
import type { FrameMessage, SceneMessage } from '../../src/serve/messages.ts';
import { World } from '../../src/sim/world.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { PageClient } from './page-client.ts';
import { openBrowser, openPage, say, untilState } from './with-browser.ts';
import { simulatedRun, startRun } from './with-run.ts';
import type { Run } from './with-run.ts';

const [FIRST_WORDS, OTHER_WORDS] = ['stack the red cube on the blue cube', 'stack the blue cube on the red cube'];
/** The gripper is at a cube when it is so near to its middle, m. */
const AT_IT_M = 0.03;
const CHANNELS = { red: 0, green: 1, blue: 2 } as const;
type Colour = keyof typeof CHANNELS;

/** The body whose shape is more of this colour than of the others. */
function bodyOf({ geoms, bodies }: SceneMessage, colour: Colour): number {
  const found = geoms.find(({ body, colour: shown }) => {
    const others = shown.slice(0, 3).filter((_, channel) => channel !== CHANNELS[colour]);
    return bodies[body]?.isArm === false && others.every((other) => other < 0.6 * (shown[CHANNELS[colour]] ?? 0));
  });
  if (found === undefined) throw new Error(`nothing is ${colour}`);
  return found.body;
}

describeInBrowser('new words, given on the page', () => {
  let run: Run;
  let browser: Browser;
  let page: Page;
  let client: PageClient;
  let arm: World;

  /** How far the gripper is from the cube of a colour, m. */
  const distanceM = (frame: FrameMessage, colour: Colour): number => {
    const thing = frame.things.find(([body]) => client.scene !== undefined && body === bodyOf(client.scene, colour));
    const measured = frame.joints.measuredRad.map((position) => position ?? Number.NaN);
    arm.setJointPositions(measured);
    arm.forward();
    return Math.hypot(...arm.gripperPosition().map((value, axis) => value - (thing?.[axis + 1] ?? Number.NaN)));
  };

  beforeAll(async () => {
    arm = await World.loadArm(loadRobot('so101'));
    run = await startRun(simulatedRun(FIRST_WORDS, 3));
    client = await PageClient.open(run.url);
    browser = await openBrowser();
    ({ page } = await openPage(browser, run.operatorUrl, { viewport: { width: 1024, height: 768 } }));
  });

  afterAll(async () => {
    client?.close();
    await browser?.close();
    await run?.end();
    arm?.dispose();
  });

  /** The cube that the gripper comes to first, from now on. */
  const firstReached = async (): Promise<Colour | undefined> => {
    let reached: Colour | undefined;
    await client.until(({ frame }) => {
      if (frame?.episode.isRunning !== true) return false;
      reached = (['red', 'blue'] as const).find((colour) => distanceM(frame, colour) < AT_IT_M);
      return reached !== undefined;
    });
    return reached;
  };

  it('take the arm to another cube, by its tokens and by where it went', async () => {
    expect(await firstReached()).toBe('red');
    await page.getByRole('button', { name: 'Begin an episode' }).waitFor();

    await say(page, FIRST_WORDS);
    const words = page.getByLabel('New words');
    await words.fill(OTHER_WORDS);
    await untilState(page, 'Following');
    await words.press('Enter');
    expect(await firstReached()).toBe('blue');
    expect(await page.getByTestId('instruction').textContent()).toContain(OTHER_WORDS);
    expect(client.frame?.strip?.words.map(({ word }) => word)).toEqual(OTHER_WORDS.split(' '));
    await page.getByText('From the next tick on').waitFor();

    // No rule judges other words than those the episode began with: a person ends it, or time.
    await page.getByTestId('stop').click();
    await page.getByTestId('outcome').waitFor();
  });
});
