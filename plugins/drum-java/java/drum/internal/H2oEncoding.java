package drum.internal;

import static java.lang.invoke.MethodType.methodType;

import drum.Columns;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Map;

/**
 * How columns become the numbers that a model of H2O's takes: by H2O's own encoders, so that a level means what it meant
 * in training.
 *
 * <p>As in H2O's own {@code PredictCsv}, an unknown level is NA; so is what is no number in a column of numbers.
 */
final class H2oEncoding {
  private final int width;
  private final String[] features;
  private final int[] places;
  private final Object[] encoders;
  private final MethodHandle encode;
  private final MethodHandle encodeMissing;

  /**
   * Asks a model how it encodes.
   *
   * @param base the class {@code GenModel}
   * @param width how many numbers the model takes
   */
  H2oEncoding(Object model, Class<?> base, int width, ClassLoader loader) throws Throwable {
    this.width = width;
    Class<?> encoding = loader.loadClass("hex.genmodel.CategoricalEncoding");
    Object own = Libraries.call(model, base, "getCategoricalEncoding");
    Method mapColumns = encoding.getMethod("createColumnMapping", base);
    Method makeEncoders = encoding.getMethod("createCategoricalEncoders", base, Map.class);
    Map<?, ?> mapping = (Map<?, ?>) Libraries.invoke(mapColumns, own, model);
    Map<?, ?> known = (Map<?, ?>) Libraries.invoke(makeEncoders, own, model, mapping);
    features =
        mapping.entrySet().stream()
            .filter(entry -> (int) entry.getValue() < width)
            .sorted((one, other) -> Integer.compare((int) one.getValue(), (int) other.getValue()))
            .map(entry -> (String) entry.getKey())
            .toArray(String[]::new);
    places = Arrays.stream(features).mapToInt(name -> (int) mapping.get(name)).toArray();
    encoders = Arrays.stream(places).mapToObj(known::get).toArray();

    Class<?> encoder = loader.loadClass("hex.genmodel.easy.CategoricalEncoder");
    encode =
        Libraries.method(
            encoder,
            "encodeCatValue",
            methodType(boolean.class, String.class, double[].class),
            methodType(boolean.class, String.class, double[].class));
    encodeMissing =
        Libraries.method(
            encoder, "encodeNA", methodType(void.class, double[].class), methodType(void.class, double[].class));
  }

  /** Returns the names of the columns, in order. */
  String[] features() {
    return features;
  }

  /** Tells whether a feature is text. */
  boolean isText(int feature) {
    return encoders[feature] != null;
  }

  /** Returns what encodes the rows of one batch. */
  Batch of(Columns columns) {
    return new Batch(columns);
  }

  /** Returns a value as a number; NaN where it is missing or none. */
  static double number(Columns columns, int feature, int row) {
    if (columns.isNumeric(feature)) {
      return columns.number(feature, row);
    }
    String text = columns.text(feature, row);
    if (text == null) {
      return Double.NaN;
    }
    try {
      return Double.parseDouble(text.trim());
    } catch (NumberFormatException unparsable) {
      return Double.NaN;
    }
  }

  /** Encodes the rows of one batch, each level once; for one thread. */
  final class Batch {
    private final Columns columns;
    private final Encoded[][] known = new Encoded[encoders.length][];

    private Batch(Columns columns) {
      this.columns = columns;
    }

    /** Puts rows of the batch, the first of them {@code from}, into {@code rows}. */
    void fill(int from, int count, double[][] rows) throws Throwable {
      for (int row = 0; row < count; row++) {
        Arrays.fill(rows[row], Double.NaN);
      }
      for (int feature = 0; feature < places.length; feature++) {
        if (isText(feature)) {
          for (int row = 0; row < count; row++) {
            encoded(feature, columns.code(feature, from + row)).put(rows[row]);
          }
        } else {
          for (int row = 0; row < count; row++) {
            rows[row][places[feature]] = number(columns, feature, from + row);
          }
        }
      }
    }

    private Encoded encoded(int feature, int code) throws Throwable {
      if (known[feature] == null) {
        known[feature] = new Encoded[columns.levels(feature).length + 1];
      }
      Encoded encoded = known[feature][code + 1];
      if (encoded == null) {
        encoded = known[feature][code + 1] = encode(feature, code);
      }
      return encoded;
    }

    private Encoded encode(int feature, int code) throws Throwable {
      double[] row = new double[width];
      Arrays.fill(row, Double.NaN);
      if (code < 0 || !isKnown(encoders[feature], columns.levels(feature)[code], columns.kind(feature), row)) {
        encodeMissing.invokeExact(encoders[feature], row);
      }
      return new Encoded(row);
    }
  }

  /** Encodes a level, in whichever way H2O may have spelt it; tells whether it knows it. */
  private boolean isKnown(Object encoder, String level, int kind, double[] row) throws Throwable {
    if ((boolean) encode.invokeExact(encoder, level, row)) {
      return true;
    }
    for (String other : otherSpellings(level, kind)) {
      if ((boolean) encode.invokeExact(encoder, other, row)) {
        return true;
      }
    }
    return false;
  }

  /** Returns how else H2O may have spelt a level that arrived as a number or as a truth value. */
  private static String[] otherSpellings(String level, int kind) {
    switch (kind) {
      case Columns.Layout.SPELT_NUMBER:
        return new String[] {level + ".0"};
      case Columns.Layout.SPELT_TRUTH:
        return new String[] {level.toLowerCase(), level.toUpperCase(), level.equals("True") ? "1" : "0"};
      default:
        return new String[0];
    }
  }

  /** What an encoder makes of a level: numbers at some places of a row. */
  private static final class Encoded {
    private final int[] places;
    private final double[] numbers;

    Encoded(double[] row) {
      int count = 0;
      int[] found = new int[row.length];
      for (int place = 0; place < row.length; place++) {
        if (!Double.isNaN(row[place])) {
          found[count++] = place;
        }
      }
      places = Arrays.copyOf(found, count);
      numbers = Arrays.stream(places).mapToDouble(place -> row[place]).toArray();
    }

    void put(double[] row) {
      for (int number = 0; number < places.length; number++) {
        row[places[number]] = numbers[number];
      }
    }
  }
}
