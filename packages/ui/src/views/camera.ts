/**
 * The part of a table that is seen: how large a cell is drawn, and which cell stands in the corner.
 *
 * @module
 */

/** `side` in CSS pixels; `x` and `y` in cells from the table's corner. */
export interface Camera {
  readonly side: number;
  readonly x: number;
  readonly y: number;
}

/** Room for cells, in CSS pixels, and how many there are. */
export interface Room {
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  readonly rows: number;
}

/** The largest side a cell may have, and the one it need not exceed to fill the room. */
const largest = 64, comfortable = 40;

/** The whole table. */
export const whole = ({ width, height, columns, rows }: Room): Camera => ({
  side: Math.min(comfortable, width / Math.max(1, columns), height / Math.max(1, rows)),
  x: 0,
  y: 0,
});

/** Never smaller than the whole, never past an edge. */
function within({ side, x, y }: Camera, room: Room): Camera {
  const size = Math.max(whole(room).side, Math.min(largest, side));
  const free = (cells: number, length: number): number => Math.max(0, cells - length / size);
  return {
    side: size,
    x: Math.max(0, Math.min(free(room.columns, room.width), x)),
    y: Math.max(0, Math.min(free(room.rows, room.height), y)),
  };
}

/** Closer by `factor`; what lies under the point stays there. */
export function zoomed(camera: Camera, factor: number, at: { x: number; y: number }, room: Room): Camera {
  const side = Math.max(whole(room).side, Math.min(largest, camera.side * factor));
  return within(
    { side, x: camera.x + at.x / camera.side - at.x / side, y: camera.y + at.y / camera.side - at.y / side },
    room,
  );
}

/** Moved by CSS pixels. */
export const panned = (camera: Camera, dx: number, dy: number, room: Room): Camera =>
  within({ ...camera, x: camera.x - dx / camera.side, y: camera.y - dy / camera.side }, room);

/** Moved just as far as it takes to see a cell. */
export function showing(camera: Camera, row: number, column: number, room: Room): Camera {
  const wide = room.width / camera.side, high = room.height / camera.side;
  const x = Math.min(column, Math.max(camera.x, column + 1 - wide)),
    y = Math.min(row, Math.max(camera.y, row + 1 - high));
  return within({ ...camera, x, y }, room);
}
