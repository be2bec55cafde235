package drum.internal;

import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandle;
import java.lang.reflect.Method;
import java.nio.BufferUnderflowException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * The trees of a GBM or DRF of H2O's, unpacked: H2O itself reads the compressed bytes of each tree anew for each row.
 *
 * <p>What becomes of the sums of the leaves stays H2O's concern. Before an ensemble is used, H2O's own predictions for
 * random rows are compared with its own, bit by bit.
 */
final class TreeEnsemble {
  private static final String PACKAGE = "hex.genmodel.algos.";
  private static final List<String> KINDS = List.of(PACKAGE + "gbm.GbmMojoModel", PACKAGE + "drf.DrfMojoModel");
  private static final double OLDEST_VERSION = 1.2;
  private static final int ROWS_TO_COMPARE = 64;
  /** How much heap there must be for a byte of trees. */
  private static final int HEAP_FOR_BYTES = 16;

  private final Object model;
  private final MethodHandle unify;
  private final int groups;
  private final int firstClass;
  private final byte[][] compressed;
  private final int[] roots;
  private final TreeNodes nodes;

  /**
   * Unpacks the trees of a model.
   *
   * @param score H2O's own {@code score0}
   * @return {@code null} if the model is of another kind, too large, or if predictions are not the same
   */
  static TreeEnsemble of(Object model, int width, int predictions, MethodHandle score) throws Throwable {
    Class<?> kind = model.getClass();
    if (!KINDS.contains(kind.getName()) || kind.getField("_mojo_version").getDouble(model) < OLDEST_VERSION) {
      return null;
    }
    TreeEnsemble ensemble = new TreeEnsemble(model, kind, width);
    try {
      return ensemble.unpack() && ensemble.agrees(predictions, score) ? ensemble : null;
    } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException unknownForm) {
      return null;
    }
  }

  private TreeEnsemble(Object model, Class<?> kind, int width) throws Throwable {
    this.model = model;
    Class<double[]> doubles = double[].class;
    unify = Libraries.method(
        kind, "unifyPreds",
        methodType(doubles, doubles, double.class, doubles), methodType(doubles, doubles, double.class, doubles));
    groups = (int) Libraries.call(model, kind, "getNTreeGroups");
    firstClass = (int) Libraries.call(model, kind, "nclasses") == 1 ? 0 : 1;
    nodes = new TreeNodes((String[][]) Libraries.call(model, kind, "getDomainValues"), width, mostBytes() * Byte.SIZE);
    Method treeBytes = kind.getMethod("treeBytes", int.class, int.class);
    compressed = new byte[groups * (int) Libraries.call(model, kind, "getNTreesPerGroup")][];
    roots = new int[compressed.length];
    for (int tree = 0; tree < compressed.length; tree++) {
      compressed[tree] = (byte[]) Libraries.invoke(treeBytes, model, tree % groups, tree / groups);
    }
  }

  /** Returns how many bytes of trees are worth the heap that they take once they are unpacked, which is more. */
  private static long mostBytes() {
    return Math.min(Runtime.getRuntime().maxMemory() / HEAP_FOR_BYTES, Integer.MAX_VALUE / Byte.SIZE);
  }

  /** Unpacks all trees, or none if they would take much of the heap; a class that has no tree in a group has none. */
  private boolean unpack() {
    long bytes = 0;
    for (byte[] tree : compressed) {
      bytes += tree == null ? 0 : tree.length;
    }
    if (bytes > mostBytes()) {
      return false;
    }
    for (int tree = 0; tree < roots.length; tree++) {
      roots[tree] = compressed[tree] == null ? -1 : nodes.add(compressed[tree]);
      compressed[tree] = null;
    }
    nodes.finish();
    return true;
  }

  /**
   * Scores rows: each tree all of them, and then the next, so that a tree is near the processor while it is asked.
   *
   * @param rows the features as H2O's encoders leave them, so many of them
   * @param offsets what is added to each row's sum
   * @param predicted gets each row's answer
   */
  void score(double[][] rows, int count, double[] offsets, double[][] predicted) throws Throwable {
    int[] keys = new int[count * nodes.keys()];
    for (int row = 0; row < count; row++) {
      Arrays.fill(predicted[row], 0);
      nodes.putKeys(rows[row], keys, row * nodes.keys());
    }
    for (int tree = 0; tree < roots.length; tree++) {
      int place = firstClass + tree / groups;
      for (int row = 0; row < count && roots[tree] >= 0; row++) {
        predicted[row][place] += nodes.leaf(roots[tree], keys, row * nodes.keys());
      }
    }
    for (int row = 0; row < count; row++) {
      double[] result = (double[]) unify.invokeExact(model, rows[row], offsets[row], predicted[row]);
      System.arraycopy(result, 0, predicted[row], 0, result.length);
    }
  }

  private boolean agrees(int predictions, MethodHandle score) throws Throwable {
    Random random = new Random(1);
    double[][] rows = new double[ROWS_TO_COMPARE][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = nodes.randomRow(random);
    }
    double[][] predicted = new double[rows.length][predictions];
    score(rows, rows.length, new double[rows.length], predicted);
    for (int row = 0; row < rows.length; row++) {
      if (!Arrays.equals((double[]) score.invokeExact(model, rows[row], new double[predictions]), predicted[row])) {
        return false;
      }
    }
    return true;
  }
}
