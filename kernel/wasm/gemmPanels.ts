import { chooseStrip, emitStrip, stripWidths, tileOf, type Element, type Side } from "./gemmTile.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "./module.ts";

/**
 * Emits, for each way to read A, a function that runs over the panels of B; steps are in bytes.
 *
 *     panels(m, n, k, a, rowA, columnA, panelA, b, rowB, panelB, from, rowFrom, columnFrom, c, rowC, edge)
 *
 * Where n ends within a strip, the last one goes to `edge` (m rows of 64 bytes) and from there to C.
 */
export function emitPanels(module: ModuleBuilder, element: Element): Record<Side, FunctionBuilder> {
  const copyEdge = emitCopyEdge(module, element);
  return { rows: emitSide(module, element, "rows", copyEdge), columns: emitSide(module, element, "columns", copyEdge) };
}

function emitSide(module: ModuleBuilder, element: Element, side: Side, copyEdge: FunctionBuilder): FunctionBuilder {
  const { bytes, lanes } = element;
  const { vectors: most } = tileOf(module.variant);
  const width = most * lanes;
  const strips = new Map(
    stripWidths(module.variant).map((vectors) => [
      vectors,
      emitStrip(module, element, `_${side}${vectors}`, side, vectors),
    ]),
  );
  const f = module.func(`_${side}`, new Array<"i32">(16).fill("i32"));
  const [m, n, k, a, rowA, columnA, panelA, b, rowB, panelB, from, rowFrom, columnFrom, c, rowC, edge] = f.params.map(
    (_, i) => i,
  ) as Local[] as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local, // prettier-ignore
  ];
  const strip = (vectors: number, to: Local, rowTo: () => void): void => {
    f.get(m).get(k).get(a).get(rowA).get(columnA).get(panelA).get(b).get(rowB).get(from).get(rowFrom).get(to);
    rowTo();
    f.call(strips.get(vectors)!);
  };
  f.block(() => {
    f.loop(() => {
      f.get(n).i32(width).op("i32.lt_s").brIf(1);
      strip(most, c, () => f.get(rowC));
      f.advanceBy(b, panelB).advance(c, width * bytes);
      f.get(columnFrom).i32(width).op("i32.mul").get(from).op("i32.add").set(from);
      f.get(n).i32(width).op("i32.sub").tee(n).brIf(0);
      f.op("return");
    });
  });
  chooseStrip(f, lanes, n, (vectors) => {
    f.get(n)
      .i32(vectors * lanes)
      .op("i32.eq");
    f.if(
      () => strip(vectors, c, () => f.get(rowC)),
      () => {
        strip(vectors, edge, () => f.i32(width * bytes));
        f.get(m).get(n).get(edge).get(c).get(rowC).call(copyEdge);
      },
    );
  });
  return f;
}

/** From whole vectors to rows that end within one: copyEdge(m, n, edge, c, rowC). */
function emitCopyEdge(module: ModuleBuilder, { bytes, lanes, load, store }: Element): FunctionBuilder {
  const width = tileOf(module.variant).vectors * lanes;
  const f = module.func("_copyEdge", new Array<"i32">(5).fill("i32"));
  const [m, n, edge, c, rowC] = [0, 1, 2, 3, 4] as const;
  const [from, to, left] = f.many(3, "i32") as [Local, Local, Local];
  f.countDown(m, 1, () => {
    f.get(edge).set(from).get(c).set(to).get(n).set(left);
    f.countDown(left, lanes, () => {
      f.get(to).get(from).memory("v128.load").memory("v128.store").advance(from, 16).advance(to, 16);
    });
    f.countDown(left, 1, () => {
      f.get(to).get(from).memory(load).memory(store).advance(from, bytes).advance(to, bytes);
    });
    f.advance(edge, width * bytes).advanceBy(c, rowC);
  });
  return f;
}
