import {
  BoxGeometry,
  CapsuleGeometry,
  Color,
  CylinderGeometry,
  Group,
  Mesh,
  MeshLambertMaterial,
  PlaneGeometry,
  Quaternion,
  SphereGeometry,
  SRGBColorSpace,
  Vector3,
} from 'three';
import type { BufferGeometry, Object3D } from 'three';
import type { SceneMessage } from '../../src/serve/messages.ts';

export type Body = SceneMessage['bodies'][number];
type Geom = SceneMessage['geoms'][number];

/** A body of the arm that a joint moves, in one of its two shapes: measured or commanded. */
export interface Moved {
  readonly group: Group;
  readonly body: Body;
}

export function placed({ positionM, quaternion }: Body): Group {
  const group = new Group();
  place(group, positionM, quaternion);
  return group;
}

/** @param quaternion w, x, y, z */
export function place(object: Object3D, positionM: readonly number[], quaternion: readonly number[]): void {
  const [x = 0, y = 0, z = 0] = positionM;
  const [qw = 1, qx = 0, qy = 0, qz = 0] = quaternion;
  object.position.set(x, y, z);
  object.quaternion.set(qx, qy, qz, qw);
}

/** Turns or slides a body to where its joint is. @param positions rad, joint order */
export function move({ group, body }: Moved, positions: readonly (number | null)[]): void {
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

export function solidMaterial({ colour }: Geom): MeshLambertMaterial {
  const [red = 0.7, green = 0.7, blue = 0.7] = colour;
  return new MeshLambertMaterial({ color: new Color().setRGB(red, green, blue, SRGBColorSpace) });
}

export function meshOf(geom: Geom, material: MeshLambertMaterial): Mesh {
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
