package drum.internal;

import static java.lang.invoke.MethodType.methodType;

import drum.Columns;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.util.Arrays;

/** A MOJO or POJO of H2O's. */
public final class H2oModel implements Scorer {
  private static final int ROWS_AT_ONCE = 256;

  private final Object model;
  private final Constructor<?> constructor;
  private final Class<?> base;
  private final String category;
  private final H2oEncoding encoding;
  private final String[] features;
  private final int width;
  private final int predictions;
  private final boolean hasOffset;
  private final String[] labels;
  private final TreeEnsemble trees;

  private final MethodHandle score;
  private final MethodHandle scoreWithOffset;

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
    labels = labelsOf();
    encoding = new H2oEncoding(model, base, width, loader);
    String offsetColumn = (String) call("getOffsetName");
    hasOffset = offsetColumn != null;
    int encoded = encoding.features().length;
    features = hasOffset ? Arrays.copyOf(encoding.features(), encoded + 1) : encoding.features();
    if (hasOffset) {
      features[encoded] = offsetColumn;
    }
    score = handle("score0", double[].class, double[].class, double[].class);
    scoreWithOffset = handle("score0", double[].class, double[].class, double.class, double[].class);
    trees = constructor == null ? TreeEnsemble.of(model, width, predictions, score) : null;
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

  /** Tells whether trees were unpacked to be scored faster than H2O does it. */
  public boolean hasUnpackedTrees() {
    return trees != null;
  }

  @Override
  public String[] features() {
    return features;
  }

  @Override
  public String[] featureTypes() {
    String[] types = new String[features.length];
    for (int feature = 0; feature < types.length; feature++) {
      types[feature] = feature < encoding.features().length && encoding.isText(feature) ? "text" : "any";
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
    H2oEncoding.Batch batch = encoding.of(columns);
    int room = Math.min(ROWS_AT_ONCE, to - from);
    double[][] rows = new double[room][width];
    double[][] predicted = new double[room][predictions];
    double[] offsets = new double[room];
    int values = Math.max(1, labels.length);
    int first = labels.length == 0 ? 0 : 1;
    for (int start = from; start < to; start += room) {
      int count = Math.min(room, to - start);
      batch.fill(start, count, rows);
      for (int row = 0; hasOffset && row < count; row++) {
        offsets[row] = H2oEncoding.number(columns, features.length - 1, start + row);
      }
      if (trees != null) {
        trees.score(rows, count, offsets, predicted);
      } else {
        score(instance, rows, count, offsets, predicted);
      }
      for (int row = 0; row < count; row++) {
        System.arraycopy(predicted[row], first, outputs, (start + row) * values, values);
      }
    }
  }

  private void score(Object instance, double[][] rows, int count, double[] offsets, double[][] predicted)
      throws Throwable {
    for (int row = 0; row < count; row++) {
      Arrays.fill(predicted[row], 0);
      double[] result;
      if (hasOffset) {
        result = (double[]) scoreWithOffset.invokeExact(instance, rows[row], offsets[row], predicted[row]);
      } else {
        result = (double[]) score.invokeExact(instance, rows[row], predicted[row]);
      }
      System.arraycopy(result, 0, predicted[row], 0, predictions);
    }
  }
}
