import { CylinderGeometry, Group, Mesh, MeshBasicMaterial, SphereGeometry, Vector3 } from 'three';
import type { Camera } from 'three';
import { clearanceLevel } from './clearance.ts';
import type { Clearance, ClearanceLevel } from './clearance.ts';
import { lengthWords } from './words.ts';

/** Seen on light and dark ground. */
const COLOURS: Readonly<Record<ClearanceLevel, number>> = { clear: 0x5a3d99, slow: 0xd55e00, close: 0xc41e00 };
const RADIUS_M = 0.0016;
const UP = new Vector3(0, 1, 0);

/** A line between the two nearest points, with its length beside it. It is seen through what stands before it. */
export class ClearanceLine {
  readonly group = new Group();
  readonly #material = new MeshBasicMaterial({ color: COLOURS.clear, depthTest: false, transparent: true });
  readonly #rod = new Mesh(new CylinderGeometry(RADIUS_M, RADIUS_M, 1, 8), this.#material);
  readonly #ends = [0, 1].map(() => new Mesh(new SphereGeometry(2.5 * RADIUS_M, 12, 8), this.#material));
  readonly #label: HTMLElement;
  readonly #middle = new Vector3();

  constructor(label: HTMLElement) {
    this.#label = label;
    this.group.add(this.#rod, ...this.#ends);
    this.group.renderOrder = 1;
    for (const part of this.group.children) part.renderOrder = 1;
    this.group.visible = false;
  }

  show(clearance: Clearance | undefined): void {
    this.group.visible = clearance !== undefined;
    if (clearance === undefined) return;
    const [from, to] = [clearance.fromM, clearance.toM].map(([x, y, z]) => new Vector3(x, y, z)) as [Vector3, Vector3];
    this.#ends[0]?.position.copy(from);
    this.#ends[1]?.position.copy(to);
    const way = to.clone().sub(from);
    this.#middle.copy(from).addScaledVector(way, 0.5);
    this.#rod.position.copy(this.#middle);
    this.#rod.scale.y = Math.max(1e-6, way.length());
    this.#rod.quaternion.setFromUnitVectors(UP, way.normalize());
    const level = clearanceLevel(clearance);
    this.#material.color.set(COLOURS[level]);
    this.#label.textContent = lengthWords(clearance.distanceM);
    this.#label.className = `distance ${level}`;
  }

  /** Puts the length beside the line as the camera sees it. @param width and height of the canvas, CSS pixels */
  placeLabel(camera: Camera, width: number, height: number): void {
    this.#label.hidden = !this.group.visible;
    if (!this.group.visible) return;
    const { x, y } = this.#middle.clone().project(camera);
    const [left, top] = [((x + 1) / 2) * width, ((1 - y) / 2) * height];
    this.#label.style.transform = `translate(${left.toFixed(0)}px, ${top.toFixed(0)}px)`;
  }
}
