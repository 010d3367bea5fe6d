import { ruleTester } from "../testing/mod.ts";
import { transcendental } from "./transcendental.ts";

const shapes = [[2, 3], [], [0, 2]];
for (const op of ["Atan", "Sinh", "Cosh", "Asinh"]) ruleTester.run(op, transcendental, { shapes });
for (const op of ["Tan", "Asin", "Acos", "Atanh"]) ruleTester.run(op, transcendental, { shapes, range: [-0.9, 0.9] });
ruleTester.run("Acosh", transcendental, { shapes, range: [1.2, 3] });
