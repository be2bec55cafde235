package drum.internal;

import java.nio.ByteBuffer;

/** A set of the levels of one column, in a range of levels: a bit each. */
final class LevelSet {
  private static final int FEW = 32;

  private final byte[] bits;
  private final int first;
  private final int count;

  private LevelSet(byte[] bits, int first, int count) {
    this.bits = bits;
    this.first = first;
    this.count = count;
  }

  /**
   * Reads a set as H2O writes it.
   *
   * @param isSmall whether it is of the first 32 levels, and does not say so
   */
  static LevelSet read(ByteBuffer tree, boolean isSmall) {
    int first = isSmall ? 0 : tree.getChar();
    int count = isSmall ? FEW : tree.getInt();
    byte[] bits = new byte[((count - 1) >> 3) + 1];
    tree.get(bits);
    return new LevelSet(bits, first, count);
  }

  boolean isInRange(int level) {
    return level >= first && level - first < count;
  }

  /** Tells whether a level that is in range is in the set. */
  boolean contains(int level) {
    int place = level - first;
    return (bits[place >> 3] & 1 << (place & 7)) != 0;
  }
}
