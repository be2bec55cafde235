package drum.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/**
 * The nodes of H2O's trees, in preorder: the left child of a node is the next one.
 *
 * <p>On its way down, a row meets no branch that a processor could guess wrong. So a row is turned into keys first:
 * whole numbers in the order of its numbers, with missing values before all others for nodes that send them to the left,
 * and behind for those that send them to the right. Levels are looked up in one bit map, in which a node has a bit for
 * each level of its column, and one for all that is no level.
 *
 * <p>The bytes that are unpacked are those that {@code SharedTreeMojoModel.scoreTree} of version 1.2 and newer reads
 * (https://github.com/h2oai/h2o-3, Apache-2.0). A node is a byte for its kind, two for its column, one for the way of
 * missing values; then a number or levels; then the size of its left subtree, that subtree, and the right one.
 */
final class TreeNodes {
  /** There is no column, but one leaf. */
  private static final int NO_COLUMN = 0xFFFF;
  private static final int LEAF = -1;

  private static final int WAY_MISSING_AGAINST_REST = 1;
  private static final int WAY_MISSING_LEFT = 2;
  private static final int WAY_LEFT = 4;
  private static final int KIND_OF_SPLIT = 0b1100;
  private static final int KIND_FEW_LEVELS = 0b1000;
  private static final int KIND_OF_LEFT = 0b110011;
  private static final int KIND_LEFT_IS_LEAF = 0b110000;
  private static final int KIND_RIGHT_IS_LEAF = 0b11000000;

  private final String[][] domains;
  private final int width;
  private final long mostBits;
  private int size;
  /** The place of a node's key in a row's keys; {@link #LEAF} where there is none. */
  private int[] places = new int[1024];
  /** What a key is compared with, or where the bits of the levels begin; of a leaf the bits of its float. */
  private int[] values = new int[1024];
  /** How far the right child is behind the left one. */
  private int[] jumps = new int[1024];
  private int bits;
  private long[] levelsToRight = new long[64];

  /**
   * Holds no tree yet.
   *
   * @param domains the levels of each column; {@code null} for a column of numbers
   * @param width how many columns a row has
   * @param mostBits how large the bit map may become
   */
  TreeNodes(String[][] domains, int width, long mostBits) {
    this.domains = domains;
    this.width = width;
    this.mostBits = mostBits;
  }

  /** Returns how many keys a row has. */
  int keys() {
    return 3 * width;
  }

  /** Puts the keys of a row into an array, from a place on. */
  void putKeys(double[] row, int[] keys, int at) {
    for (int column = 0; column < width; column++) {
      double value = row[column];
      if (domains[column] == null) {
        boolean isMissing = Double.isNaN(value);
        int key = isMissing ? 0 : key(value);
        keys[at + column] = isMissing ? Integer.MIN_VALUE : key;
        keys[at + width + column] = isMissing ? Integer.MAX_VALUE : key;
      } else {
        int known = domains[column].length;
        keys[at + 2 * width + column] = value >= 0 && value < known ? (int) value : known;
      }
    }
  }

  /** Returns a whole number that is at least that of any float if, and only if, the value is at least the float. */
  private static int key(double value) {
    float below = (float) value;
    if (below > value) {
      below = Math.nextDown(below);
    }
    int bits = Float.floatToRawIntBits(below + 0f); // there is but one zero
    return bits ^ ((bits >> 31) & Integer.MAX_VALUE);
  }

  /** Returns what the leaf gives that a row comes to whose keys begin at a place. */
  float leaf(int root, int[] keys, int at) {
    int node = root;
    int place = places[node];
    while (place != LEAF) {
      int key = keys[at + place];
      int value = values[node];
      int right;
      if (place < 2 * width) {
        right = 1 - (int) (((long) key - value) >>> 63);
      } else {
        int bit = value + key;
        right = (int) (levelsToRight[bit >> 6] >>> bit) & 1;
      }
      node += 1 + (-right & jumps[node]);
      place = places[node];
    }
    return Float.intBitsToFloat(values[node]);
  }

  // ------------------------------------------------------------------------------------------------------ unpacking

  /**
   * Unpacks a tree; returns its root.
   *
   * @throws IllegalArgumentException if it is of a form that is not known, or too large
   */
  int add(byte[] bytes) {
    int root = size;
    ByteBuffer tree = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    int kind = tree.get();
    int column = tree.getChar();
    if (column == NO_COLUMN) {
      put(LEAF, tree.getInt());
    } else {
      addSplit(tree, kind, column, null);
    }
    return root;
  }

  /**
   * Unpacks a node that splits, and what is below it.
   *
   * @param above the levels at the next node above that has some: H2O asks these where it is but missing or not
   */
  private void addSplit(ByteBuffer tree, int kind, int column, LevelSet above) {
    int way = tree.get();
    boolean isMissingLeft = way == WAY_MISSING_LEFT || way == WAY_LEFT;
    boolean isMissingAgainstRest = way == WAY_MISSING_AGAINST_REST;
    boolean isByLevels = (kind & KIND_OF_SPLIT) != 0;
    LevelSet levels = above;
    float threshold = Float.NaN; // nothing is at least that
    if (!isMissingAgainstRest && isByLevels) {
      levels = LevelSet.read(tree, (kind & KIND_OF_SPLIT) == KIND_FEW_LEVELS);
    } else if (!isMissingAgainstRest) {
      threshold = tree.getFloat();
    }
    int node;
    if (domains[column] != null) {
      LevelSet asked = isByLevels ? levels : null;
      node = put(2 * width + column, bits);
      for (int level = 0; level < domains[column].length; level++) {
        boolean isKnown = asked == null || asked.isInRange(level);
        boolean goesRight = asked == null ? level >= threshold : isKnown && asked.contains(level);
        addBit(isKnown ? goesRight && !isMissingAgainstRest : !isMissingLeft);
      }
      addBit(!isMissingLeft);
    } else if (isByLevels) {
      throw new IllegalArgumentException("levels of a column that has none");
    } else {
      node = put(isMissingLeft ? column : width + column, isMissingAgainstRest ? Integer.MAX_VALUE : key(threshold));
    }
    boolean isLeafLeft = (kind & KIND_OF_LEFT) == KIND_LEFT_IS_LEAF;
    if (!isLeafLeft) {
      tree.position(tree.position() + (kind & KIND_OF_LEFT) + 1);
    }
    addChild(tree, isLeafLeft, levels);
    jumps[node] = size - node - 1;
    addChild(tree, (kind & KIND_RIGHT_IS_LEAF) == KIND_RIGHT_IS_LEAF, levels);
  }

  private void addChild(ByteBuffer tree, boolean isLeaf, LevelSet above) {
    if (isLeaf) {
      put(LEAF, tree.getInt());
    } else {
      int kind = tree.get();
      addSplit(tree, kind, tree.getChar(), above);
    }
  }

  private int put(int place, int value) {
    if (size == places.length) {
      resize(size * 2);
    }
    places[size] = place;
    values[size] = value;
    return size++;
  }

  private void addBit(boolean isRight) {
    if (bits >= mostBits) {
      throw new IllegalArgumentException("too many levels");
    }
    if (bits >> 6 == levelsToRight.length) {
      levelsToRight = Arrays.copyOf(levelsToRight, levelsToRight.length * 2);
    }
    if (isRight) {
      levelsToRight[bits >> 6] |= 1L << bits;
    }
    bits++;
  }

  private void resize(int room) {
    places = Arrays.copyOf(places, room);
    values = Arrays.copyOf(values, room);
    jumps = Arrays.copyOf(jumps, room);
  }

  /** Gives back room that is not needed: there are no more trees. */
  void finish() {
    resize(size);
  }

  // ---------------------------------------------------------------------------------------------------------- trying

  /** Returns a row whose values are missing, or levels that are known or not, or numbers on which nodes split. */
  double[] randomRow(Random random) {
    double[] row = new double[width];
    for (int column = 0; column < width; column++) {
      row[column] = domains[column] == null ? random.nextGaussian() : random.nextInt(domains[column].length + 1);
    }
    for (int time = 0; time < 4 * width && size > 0; time++) {
      int node = random.nextInt(size);
      int place = places[node];
      if (place != LEAF && place < 2 * width && values[node] != Integer.MAX_VALUE) {
        int bits = values[node];
        row[place % width] = Float.intBitsToFloat(bits ^ ((bits >> 31) & Integer.MAX_VALUE));
      }
    }
    row[random.nextInt(width)] = Double.NaN;
    return row;
  }
}
