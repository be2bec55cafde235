package drum.internal;

import static java.lang.invoke.MethodType.methodType;

import drum.Columns;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Map;

/**
 * A MOJO or POJO of H2O's. H2O's own encoders turn text into numbers, so that a level means what it meant in training.
 *
 * <p>As in H2O's own {@code PredictCsv}, an unknown level is NA; so is what is no number in a column of numbers.
 */
public final class H2oModel implements Scorer {
  private final Object model;
  private final Constructor<?> constructor;
  private final Class<?> base;
  private final String category;
  private final String[] features;
  private final int[] places;
  private final Object[] encoders;
  private final int width;
  private final int predictions;
  private final String offsetColumn;
  private final String[] labels;

  private final MethodHandle score;
  private final MethodHandle scoreWithOffset;
  private final MethodHandle encode;
  private final MethodHandle encodeMissing;

  /** Loads a MOJO from its file. */
  public static H2oModel ofMojo(String path, ClassLoader loader) throws Throwable {
    Method load = loader.loadClass("hex.genmodel.MojoModel").getMethod("load", String.class);
    return new H2oModel(Libraries.within(loader, () -> Libraries.invoke(load, null, path)), null, loader);
  }

  /** Makes an instance of a POJO's class. */
  public static H2oModel ofPojo(Class<?> kind) throws Throwable {
    Constructor<?> constructor = kind.getConstructor();
    return new H2oModel(Libraries.create(constructor), constructor, kind.getClassLoader());
  }

  /**
   * Asks a model what it takes and gives.
   *
   * @param constructor of a POJO: those of neural networks keep their activations in fields, so that each call needs an
   *     instance of its own; {@code null} for a MOJO
   */
  private H2oModel(Object model, Constructor<?> constructor, ClassLoader loader) throws Throwable {
    this.model = model;
    this.constructor = constructor;
    base = loader.loadClass("hex.genmodel.GenModel");
    category = call("getModelCategory").toString();
    width = (int) call("nfeatures");
    predictions = (int) call("getPredsSize");
    offsetColumn = (String) call("getOffsetName");
    labels = labelsOf();

    Class<?> encoding = loader.loadClass("hex.genmodel.CategoricalEncoding");
    Object own = call("getCategoricalEncoding");
    Method mapColumns = encoding.getMethod("createColumnMapping", base);
    Method makeEncoders = encoding.getMethod("createCategoricalEncoders", base, Map.class);
    Map<?, ?> mapping = (Map<?, ?>) Libraries.invoke(mapColumns, own, model);
    Map<?, ?> known = (Map<?, ?>) Libraries.invoke(makeEncoders, own, model, mapping);
    String[] mapped =
        mapping.entrySet().stream()
            .filter(entry -> (int) entry.getValue() < width)
            .sorted((one, other) -> Integer.compare((int) one.getValue(), (int) other.getValue()))
            .map(entry -> (String) entry.getKey())
            .toArray(String[]::new);
    places = Arrays.stream(mapped).mapToInt(name -> (int) mapping.get(name)).toArray();
    encoders = Arrays.stream(places).mapToObj(known::get).toArray();
    features = offsetColumn == null ? mapped : Arrays.copyOf(mapped, mapped.length + 1);
    if (offsetColumn != null) {
      features[mapped.length] = offsetColumn;
    }

    Class<?> encoder = loader.loadClass("hex.genmodel.easy.CategoricalEncoder");
    score = handle("score0", double[].class, double[].class, double[].class);
    scoreWithOffset = handle("score0", double[].class, double[].class, double.class, double[].class);
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

  private Object call(String name) throws Throwable {
    return Libraries.call(model, base, name);
  }

  private MethodHandle handle(String name, Class<?> result, Class<?>... parameters)
      throws ReflectiveOperationException {
    return Libraries.method(base, name, methodType(result, parameters), methodType(result, parameters));
  }

  private String[] labelsOf() throws Throwable {
    if (!(boolean) call("isClassifier")) {
      return new String[0];
    }
    Method domain = base.getMethod("getDomainValues", int.class);
    return (String[]) Libraries.invoke(domain, model, call("getResponseIdx"));
  }

  @Override
  public String[] features() {
    return features;
  }

  @Override
  public String[] featureTypes() {
    String[] types = new String[features.length];
    for (int feature = 0; feature < types.length; feature++) {
      types[feature] = feature < encoders.length && encoders[feature] != null ? "text" : "any";
    }
    return types;
  }

  @Override
  public String[] labels() {
    return labels;
  }

  @Override
  public String description() {
    return category;
  }

  @Override
  public void score(Columns columns, int from, int to, double[] outputs) throws Throwable {
    Object instance = constructor == null ? model : Libraries.create(constructor);
    double[] row = new double[width];
    double[] predicted = new double[predictions];
    int values = Math.max(1, labels.length);
    int first = labels.length == 0 ? 0 : 1;
    for (int number = from; number < to; number++) {
      fill(columns, number, row);
      Arrays.fill(predicted, 0);
      double[] result;
      if (offsetColumn == null) {
        result = (double[]) score.invokeExact(instance, row, predicted);
      } else {
        double offset = numberIn(columns, features.length - 1, number);
        result = (double[]) scoreWithOffset.invokeExact(instance, row, offset, predicted);
      }
      System.arraycopy(result, first, outputs, number * values, values);
    }
  }

  private void fill(Columns columns, int number, double[] row) throws Throwable {
    Arrays.fill(row, Double.NaN);
    for (int feature = 0; feature < places.length; feature++) {
      if (encoders[feature] == null) {
        row[places[feature]] = numberIn(columns, feature, number);
      } else {
        encodeText(encoders[feature], columns, feature, number, row);
      }
    }
  }

  private void encodeText(Object encoder, Columns columns, int feature, int number, double[] row) throws Throwable {
    String level = columns.text(feature, number);
    if (level != null) {
      if ((boolean) encode.invokeExact(encoder, level, row)) {
        return;
      }
      for (String other : otherSpellings(level, columns.kind(feature))) {
        if ((boolean) encode.invokeExact(encoder, other, row)) {
          return;
        }
      }
    }
    encodeMissing.invokeExact(encoder, row);
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

  private static double numberIn(Columns columns, int feature, int number) {
    if (columns.isNumeric(feature)) {
      return columns.number(feature, number);
    }
    String text = columns.text(feature, number);
    if (text == null) {
      return Double.NaN;
    }
    try {
      return Double.parseDouble(text.trim());
    } catch (NumberFormatException unparsable) {
      return Double.NaN;
    }
  }
}
