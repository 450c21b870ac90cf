import {
  DirectionalLight,
  HemisphereLight,
  Mesh,
  MeshLambertMaterial,
  PerspectiveCamera,
  Scene,
  Spherical,
  Vector3,
  WebGLRenderer,
} from 'three';
import type { BufferGeometry, Group, Material } from 'three';
import { OrbitControls } from 'three/examples/jsm/controls/OrbitControls.js';
import type { FrameMessage, SceneMessage } from '../../src/serve/messages.ts';
import { meshOf, move, placed, solidMaterial } from './arm-shapes.ts';
import type { Moved } from './arm-shapes.ts';
import { ClearanceLine } from './clearance-line.ts';
import type { Clearance } from './clearance.ts';
import type { LoadLevel } from './joint-load.ts';

/** Where the eye may stand: base frame, m. */
export const VIEWPOINTS = {
  corner: [0.62, -0.52, 0.48],
  front: [0.95, 0, 0.3],
  side: [0.18, -0.9, 0.25],
  above: [0.18, -0.01, 1.05],
} as const;
export type Viewpoint = keyof typeof VIEWPOINTS;

const LOOKS_AT = new Vector3(0.16, 0, 0.1);
const NEAREST_M = 0.15;
const FURTHEST_M = 4;
const GHOST_COLOUR = 0x0072b2;
/** What a link glows in whose joint is near a limit, or at it. */
const GLOW: Readonly<Record<LoadLevel, number>> = { free: 0x000000, near: 0x8a4b00, at: 0xb02800 };

/** The arm as it is, solid, and as it is told to be, as a ghost, with what stands around it. Draws when something has changed. */
export class ArmView {
  readonly #renderer: WebGLRenderer;
  readonly #camera = new PerspectiveCamera(40, 1, 0.01, 20);
  readonly #controls: OrbitControls;
  readonly #line: ClearanceLine;
  #scene = new Scene();
  #measured: Moved[] = [];
  #commanded: Moved[] = [];
  #things: Group[] = [];
  /** By joint, what its link is made of. */
  #materials: MeshLambertMaterial[][] = [];
  #shown = '';
  #size = { width: 1, height: 1 };
  #isAsked = false;

  /** Throws where the browser has no WebGL. @param label says how long the line to what is nearest is; default: nothing does */
  constructor(canvas: HTMLCanvasElement, label: HTMLElement = document.createElement('span')) {
    this.#renderer = new WebGLRenderer({ canvas, antialias: !isComputed(), alpha: true });
    this.#line = new ClearanceLine(label);
    this.#camera.up.set(0, 0, 1);
    this.#controls = new OrbitControls(this.#camera, canvas);
    this.#controls.target.copy(LOOKS_AT);
    this.#controls.minDistance = NEAREST_M;
    this.#controls.maxDistance = FURTHEST_M;
    this.#controls.addEventListener('change', () => this.#ask());
    this.look('corner');
  }

  look(from: Viewpoint): void {
    const [x, y, z] = VIEWPOINTS[from];
    this.#camera.position.set(x, y, z);
    this.#controls.target.copy(LOOKS_AT);
    this.#controls.update();
    this.#ask();
  }

  /** Walks around what is looked at, rad, and comes nearer: for the keyboard. @param nearness factor of the distance */
  walk({ around = 0, up = 0, nearness = 1 }: { around?: number; up?: number; nearness?: number }): void {
    const { target } = this.#controls;
    const { x, y, z } = this.#camera.position.clone().sub(target);
    // Spherical coordinates of three.js have y up.
    const place = new Spherical().setFromVector3(new Vector3(y, z, x));
    place.theta += around;
    place.phi = Math.min(Math.PI - 0.05, Math.max(0.05, place.phi - up));
    place.radius = Math.min(FURTHEST_M, Math.max(NEAREST_M, place.radius * nearness));
    const moved = new Vector3().setFromSpherical(place);
    this.#camera.position.set(moved.z, moved.x, moved.y).add(target);
    this.#controls.update();
    this.#ask();
  }

  /** Draws another scene from now on. */
  show({ bodies, geoms }: SceneMessage): void {
    this.#dropShapes();
    this.#scene = new Scene();
    this.#scene.add(new HemisphereLight(0xffffff, 0x8a8f99, 2.0), sun(), this.#line.group);
    const solid = bodies.map(placed);
    const ghost = bodies.map(placed);
    bodies.forEach(({ parent, isArm }, index) => {
      (solid[parent] ?? this.#scene).add(solid[index] as Group);
      if (isArm) (ghost[parent] ?? this.#scene).add(ghost[index] as Group);
    });
    this.#materials = [];
    for (const geom of geoms) {
      const body = bodies[geom.body];
      const material = solidMaterial(geom);
      (solid[geom.body] ?? this.#scene).add(meshOf(geom, material));
      if (body?.isArm === true) ghost[geom.body]?.add(meshOf(geom, ghostly));
      const joint = body?.joint?.robotJoint;
      if (joint !== undefined) (this.#materials[joint] ??= []).push(material);
    }
    const arm = (groups: readonly Group[]): Moved[] =>
      bodies.flatMap((body, index) => (body.joint === null ? [] : [{ body, group: groups[index] as Group }]));
    this.#measured = arm(solid);
    this.#commanded = arm(ghost);
    this.#things = solid;
    this.#shown = '';
    this.#ask();
  }

  /** Moves everything to where it is now. @param levels how near each joint is to its limits */
  pose(
    { joints, things }: Pick<FrameMessage, 'joints' | 'things'>,
    levels: readonly LoadLevel[] = [],
    clearance?: Clearance,
  ): void {
    const shown = JSON.stringify([joints.measuredRad, joints.sentRad, things, levels, clearance]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    for (const moved of this.#measured) move(moved, joints.measuredRad);
    for (const moved of this.#commanded) move(moved, joints.sentRad);
    this.#placeThings(things);
    this.#glow(levels);
    this.#line.show(clearance);
    this.#ask();
  }

  resize(width: number, height: number): void {
    if (width === 0 || height === 0 || (width === this.#size.width && height === this.#size.height)) return;
    this.#size = { width, height };
    this.#renderer.setPixelRatio(Math.min(2, window.devicePixelRatio));
    this.#renderer.setSize(width, height, false);
    this.#camera.aspect = width / height;
    this.#camera.updateProjectionMatrix();
    this.#ask();
  }

  dispose(): void {
    this.#dropShapes();
    this.#controls.dispose();
    this.#renderer.dispose();
  }

  /** What is loose has no joint that would say where it is. */
  #placeThings(things: FrameMessage['things']): void {
    for (const [index = -1, x = 0, y = 0, z = 0, qw = 1, qx = 0, qy = 0, qz = 0] of things) {
      this.#things[index]?.position.set(x, y, z);
      this.#things[index]?.quaternion.set(qx, qy, qz, qw);
    }
  }

  /** Shows a joint near a limit where one looks anyway: on its link. */
  #glow(levels: readonly LoadLevel[]): void {
    this.#materials.forEach((materials, joint) => {
      for (const { emissive } of materials) emissive.set(GLOW[levels[joint] ?? 'free']);
    });
  }

  /** A graphics card keeps what it is not told to forget. */
  #dropShapes(): void {
    this.#line.group.removeFromParent();
    this.#scene.traverse((object) => {
      if (!(object instanceof Mesh)) return;
      const { geometry, material } = object as Mesh<BufferGeometry, Material>;
      geometry.dispose();
      // The ghost's is the same in every scene.
      if (material !== ghostly) material.dispose();
    });
  }

  /** Draws once before the next picture of the screen, however much has changed by then. */
  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#renderer.render(this.#scene, this.#camera);
      this.#line.placeLabel(this.#camera, this.#size.width, this.#size.height);
    });
  }
}

/** Whether WebGL is computed, as it is without a graphics card: smooth edges then cost more than all the rest. */
function isComputed(): boolean {
  const context = document.createElement('canvas').getContext('webgl2');
  const info = context?.getExtension('WEBGL_debug_renderer_info');
  if (!context || !info) return false;
  const renderer = String(context.getParameter(info.UNMASKED_RENDERER_WEBGL));
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return /swiftshader|llvmpipe|software/i.test(renderer);
}

function sun(): DirectionalLight {
  const light = new DirectionalLight(0xffffff, 2);
  light.position.set(0.6, -0.8, 1.6);
  return light;
}

const ghostly = new MeshLambertMaterial({
  color: GHOST_COLOUR,
  transparent: true,
  opacity: 0.45,
  depthWrite: false,
  // Behind what is measured where both are in the same place: an arm that follows has no ghost.
  polygonOffset: true,
  polygonOffsetFactor: 4,
  polygonOffsetUnits: 40,
});
