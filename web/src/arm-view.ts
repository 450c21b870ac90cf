import {
  AmbientLight,
  BoxGeometry,
  CapsuleGeometry,
  Color,
  CylinderGeometry,
  DirectionalLight,
  Group,
  Mesh,
  MeshLambertMaterial,
  PerspectiveCamera,
  PlaneGeometry,
  Quaternion,
  Scene,
  SphereGeometry,
  SRGBColorSpace,
  Vector3,
  WebGLRenderer,
} from 'three';
import type { BufferGeometry } from 'three';
import { OrbitControls } from 'three/examples/jsm/controls/OrbitControls.js';
import type { FrameMessage, SceneMessage } from '../../src/serve/messages.ts';

type Body = SceneMessage['bodies'][number];
type Geom = SceneMessage['geoms'][number];

/** Where the eye may stand: base frame, m. */
export const VIEWPOINTS = {
  corner: [0.62, -0.52, 0.48],
  front: [0.95, 0, 0.3],
  side: [0.18, -0.9, 0.25],
  above: [0.18, -0.01, 1.05],
} as const;
export type Viewpoint = keyof typeof VIEWPOINTS;

const LOOKS_AT = new Vector3(0.16, 0, 0.1);
const GHOST_COLOUR = 0x0072b2;
/** A joint of the arm in one of its two shapes: measured and commanded. */
interface Moved {
  readonly group: Group;
  readonly body: Body;
}

/** The arm as it is, solid, and as it is told to be, as a ghost, with what stands around it. */
export class ArmView {
  readonly #renderer: WebGLRenderer;
  readonly #camera = new PerspectiveCamera(40, 1, 0.01, 20);
  readonly #controls: OrbitControls;
  #scene = new Scene();
  #measured: Moved[] = [];
  #commanded: Moved[] = [];
  #things: Group[] = [];
  #isAsked = false;

  /** Throws where the browser has no WebGL. */
  constructor(canvas: HTMLCanvasElement) {
    this.#renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true });
    this.#camera.up.set(0, 0, 1);
    this.#controls = new OrbitControls(this.#camera, canvas);
    this.#controls.target.copy(LOOKS_AT);
    this.#controls.maxDistance = 4;
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

  /** Draws another scene from now on. */
  show({ bodies, geoms }: SceneMessage): void {
    this.#scene = new Scene();
    this.#scene.add(new AmbientLight(0xffffff, 1.6));
    const sun = new DirectionalLight(0xffffff, 2.2);
    sun.position.set(0.6, -0.8, 1.6);
    this.#scene.add(sun);
    const solid = bodies.map(placed);
    const ghost = bodies.map(placed);
    bodies.forEach(({ parent, isArm }, index) => {
      (solid[parent] ?? this.#scene).add(solid[index] as Group);
      if (isArm) (ghost[parent] ?? this.#scene).add(ghost[index] as Group);
    });
    for (const geom of geoms) {
      const material = new MeshLambertMaterial({ color: colourOf(geom) });
      (solid[geom.body] ?? this.#scene).add(meshOf(geom, material));
      if (bodies[geom.body]?.isArm === true) ghost[geom.body]?.add(meshOf(geom, ghostly));
    }
    const arm = (groups: readonly Group[]): Moved[] =>
      bodies.flatMap((body, index) => (body.joint === null ? [] : [{ body, group: groups[index] as Group }]));
    this.#measured = arm(solid);
    this.#commanded = arm(ghost);
    this.#things = solid;
    this.#ask();
  }

  /** Moves everything to where it is now. */
  pose({ joints, things }: Pick<FrameMessage, 'joints' | 'things'>): void {
    for (const moved of this.#measured) move(moved, joints.measuredRad);
    for (const moved of this.#commanded) move(moved, joints.sentRad);
    for (const [index = -1, x = 0, y = 0, z = 0, qw = 1, qx = 0, qy = 0, qz = 0] of things) {
      this.#things[index]?.position.set(x, y, z);
      this.#things[index]?.quaternion.set(qx, qy, qz, qw);
    }
    this.#ask();
  }

  resize(width: number, height: number): void {
    if (width === 0 || height === 0) return;
    this.#renderer.setPixelRatio(Math.min(2, window.devicePixelRatio));
    this.#renderer.setSize(width, height, false);
    this.#camera.aspect = width / height;
    this.#camera.updateProjectionMatrix();
    this.#ask();
  }

  dispose(): void {
    this.#controls.dispose();
    this.#renderer.dispose();
  }

  /** Draws once before the next picture of the screen, however much has changed by then. */
  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#renderer.render(this.#scene, this.#camera);
    });
  }
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

function placed({ positionM, quaternion }: Body): Group {
  const group = new Group();
  place(group, positionM, quaternion);
  return group;
}

function place(object: Group | Mesh, positionM: readonly number[], quaternion: readonly number[]): void {
  const [x = 0, y = 0, z = 0] = positionM;
  const [qw = 1, qx = 0, qy = 0, qz = 0] = quaternion;
  object.position.set(x, y, z);
  object.quaternion.set(qx, qy, qz, qw);
}

function move({ group, body }: Moved, positions: readonly (number | null)[]): void {
  const { joint, positionM, quaternion } = body;
  if (joint === null) return;
  const travel = joint.ratio * ((positions[joint.robotJoint] ?? joint.reference) - joint.reference);
  place(group, positionM, quaternion);
  const [ax = 0, ay = 0, az = 1] = joint.axis;
  const axis = new Vector3(ax, ay, az);
  if (joint.kind === 'slide') {
    group.position.add(axis.multiplyScalar(travel).applyQuaternion(group.quaternion));
    return;
  }
  const [x = 0, y = 0, z = 0] = joint.anchorM;
  const anchor = new Vector3(x, y, z);
  const before = anchor.clone().applyQuaternion(group.quaternion);
  group.quaternion.multiply(new Quaternion().setFromAxisAngle(axis, travel));
  group.position.add(before.sub(anchor.applyQuaternion(group.quaternion)));
}

function colourOf({ colour }: Geom): Color {
  const [red = 0.7, green = 0.7, blue = 0.7] = colour;
  return new Color().setRGB(red, green, blue, SRGBColorSpace);
}

function meshOf(geom: Geom, material: MeshLambertMaterial): Mesh {
  const mesh = new Mesh(geometryOf(geom), material);
  place(mesh, geom.positionM, geom.quaternion);
  const [x = 0, y = 0, z = 0] = geom.sizeM;
  if (geom.shape === 'ellipsoid') mesh.scale.set(x, y, z);
  return mesh;
}

/** MuJoCo gives half lengths, and its round bodies stand along z, where those of three.js stand along y. */
function geometryOf({ shape, sizeM }: Geom): BufferGeometry {
  const [x = 0, y = 0, z = 0] = sizeM;
  switch (shape) {
    case 'box':
      return new BoxGeometry(2 * x, 2 * y, 2 * z);
    case 'sphere':
      return new SphereGeometry(x, 24, 16);
    case 'ellipsoid':
      return new SphereGeometry(1, 24, 16);
    case 'cylinder':
      return new CylinderGeometry(x, x, 2 * y, 32).rotateX(Math.PI / 2);
    case 'capsule':
      return new CapsuleGeometry(x, 2 * y, 8, 24).rotateX(Math.PI / 2);
    case 'plane':
      return new PlaneGeometry(20 * (x || 5), 20 * (y || 5));
  }
}
