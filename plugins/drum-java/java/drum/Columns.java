package drum;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.IntBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A batch of rows, column by column.
 *
 * <p>A column holds numbers, in which a missing value is NaN, or text, in which it is {@code null}. Several threads may
 * read it at once. It shares memory with the caller: keep no reference to it once the rows are scored.
 */
public final class Columns {
  private static final int MOST_LISTED = 10;

  private final Layout layout;
  private final int rows;
  private final DoubleBuffer numbers;
  private final IntBuffer codes;
  private final String[][] levels;

  /**
   * Which columns there are, in order, and what they hold; made once for many batches.
   */
  public static final class Layout {
    /** Kinds of columns, as Python numbers them. */
    public static final int NUMBER = 0;
    public static final int TEXT = 1;
    /** Text that spells what arrived as a number. */
    public static final int SPELT_NUMBER = 2;
    /** Text that spells what arrived as a truth value. */
    public static final int SPELT_TRUTH = 3;

    private final String[] names;
    private final int[] kinds;
    private final int[] places;
    private final int numericColumns;
    private final int textColumns;
    private final Map<String, Integer> byName = new HashMap<>();

    public Layout(String[] names, int[] kinds) {
      this.names = names;
      this.kinds = kinds;
      places = new int[names.length];
      int numeric = 0;
      int textual = 0;
      for (int column = 0; column < names.length; column++) {
        places[column] = kinds[column] == NUMBER ? numeric++ : textual++;
        byName.put(names[column], column);
      }
      numericColumns = numeric;
      textColumns = textual;
    }
  }

  /**
   * Looks at a buffer, in native byte order, which holds one behind the other: the columns of numbers as doubles; room
   * for the outputs as doubles; for the columns of text an int for each row, which says which level it is, or -1; for
   * each of them the number of its levels and the bytes of each, as ints; the levels in UTF-8.
   *
   * @param outputs how many doubles there is room for
   * @param sizes how many ints tell of levels
   */
  public Columns(Layout layout, ByteBuffer buffer, int rows, int outputs, int sizes) {
    this.layout = layout;
    this.rows = rows;
    ByteBuffer rest = buffer.duplicate().order(ByteOrder.nativeOrder());
    numbers = rest.asDoubleBuffer();
    rest.position((layout.numericColumns * rows + outputs) * Double.BYTES);
    codes = rest.slice().order(ByteOrder.nativeOrder()).asIntBuffer();
    rest.position(rest.position() + layout.textColumns * rows * Integer.BYTES);
    levels = decode(layout.textColumns, rest, sizes);
  }

  private static String[][] decode(int columns, ByteBuffer text, int ints) {
    IntBuffer sizes = text.slice().order(ByteOrder.nativeOrder()).asIntBuffer();
    text.position(text.position() + ints * Integer.BYTES);
    String[][] levels = new String[columns][];
    for (int column = 0; column < columns; column++) {
      levels[column] = new String[sizes.get()];
      for (int level = 0; level < levels[column].length; level++) {
        byte[] bytes = new byte[sizes.get()];
        text.get(bytes);
        levels[column][level] = new String(bytes, StandardCharsets.UTF_8);
      }
    }
    return levels;
  }

  /** Puts values into the room for outputs. */
  public void put(double[] values) {
    numbers.duplicate().position(layout.numericColumns * rows).put(values);
  }

  /** Returns how many rows there are. */
  public int rows() {
    return rows;
  }

  /** Returns the names of the columns, in order. */
  public String[] names() {
    return layout.names.clone();
  }

  /** Tells whether a column holds numbers. */
  public boolean isNumeric(int column) {
    return layout.kinds[column] == Layout.NUMBER;
  }

  /** Returns one of the kinds of {@link Layout}. */
  public int kind(int column) {
    return layout.kinds[column];
  }

  /**
   * Returns the place of a column among {@link #names}.
   *
   * @throws IllegalArgumentException if there is no such column, which is the caller's fault
   */
  public int column(String name) {
    Integer column = layout.byName.get(name);
    if (column == null) {
      throw new IllegalArgumentException("The input lacks column '" + name + "'. It has " + listed() + ".");
    }
    return column;
  }

  private String listed() {
    String[] names = layout.names;
    String shown =
        Arrays.stream(names).limit(MOST_LISTED).map(name -> "'" + name + "'").collect(Collectors.joining(", "));
    String more = names.length > MOST_LISTED ? " and " + (names.length - MOST_LISTED) + " more" : "";
    return (names.length > 1 ? "columns " : "column ") + shown + more;
  }

  /** Returns the value in a column of numbers; NaN where it is missing. */
  public double number(int column, int row) {
    return numbers.get(layout.places[column] * rows + row);
  }

  /** Returns the value in a column of text; {@code null} where it is missing. */
  public String text(int column, int row) {
    int code = code(column, row);
    return code < 0 ? null : levels(column)[code];
  }

  /** Returns which of the {@link #levels} stands in a column of text; -1 where the value is missing. */
  public int code(int column, int row) {
    return codes.get(layout.places[column] * rows + row);
  }

  /** Returns the values that a column of text has, each once; do not change them. */
  public String[] levels(int column) {
    return levels[layout.places[column]];
  }

  /**
   * Returns all values of a column of numbers; NaN where one is missing.
   *
   * @throws IllegalArgumentException if there is no such column, or it holds text
   */
  public double[] numbers(String name) {
    int column = column(name);
    if (!isNumeric(column)) {
      throw new IllegalArgumentException("Column '" + name + "' holds text, not numbers.");
    }
    double[] values = new double[rows];
    numbers.duplicate().position(layout.places[column] * rows).get(values);
    return values;
  }

  /** Returns all values of a column as text; {@code null} where one is missing. */
  public String[] texts(String name) {
    int column = column(name);
    String[] values = new String[rows];
    for (int row = 0; row < rows; row++) {
      values[row] = isNumeric(column) ? spelt(number(column, row)) : text(column, row);
    }
    return values;
  }

  private static String spelt(double value) {
    if (Double.isNaN(value)) {
      return null;
    }
    return value == Math.rint(value) && Math.abs(value) < 1e15 ? Long.toString((long) value) : Double.toString(value);
  }
}
