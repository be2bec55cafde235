package drum.internal;

import static java.lang.invoke.MethodType.methodType;

import drum.Columns;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/** A scoring-code jar, which brings the interfaces of {@code com.datarobot.prediction} along. */
public final class ScoringCode implements Scorer {
  private static final String PACKAGE = "com.datarobot.prediction.";

  private final Object predictor;
  private final String[] features;
  private final boolean[] numeric;
  private final String[] labels;
  private final String description;
  private final MethodHandle score;

  /**
   * Finds the one predictor in a jar.
   *
   * @throws IllegalStateException if there is none, more than one, or one of another kind
   */
  public static ScoringCode of(ClassLoader loader) throws Throwable {
    List<Object> found = Libraries.within(loader, () -> predictors(loader));
    if (found.size() != 1) {
      throw new IllegalStateException(
          found.isEmpty() ? "it offers no predictor" : "it offers " + found.size() + " predictors: keep one of them");
    }
    return new ScoringCode(found.get(0), loader);
  }

  private static List<Object> predictors(ClassLoader loader) throws Throwable {
    List<Object> found = new ArrayList<>();
    ServiceLoader.load(loader.loadClass(PACKAGE + "IPredictorInfo"), loader).forEach(found::add);
    if (found.isEmpty()) { // jars list their models under an older interface, and come with the class that wraps them
      try {
        Class<?> finder = loader.loadClass(PACKAGE + "Predictors");
        Object all = Libraries.invoke(finder.getMethod("getAllPredictors", ClassLoader.class), null, loader);
        ((Iterator<?>) all).forEachRemaining(found::add);
      } catch (ClassNotFoundException none) {
        return found;
      }
    }
    return found;
  }

  private ScoringCode(Object predictor, ClassLoader loader) throws Throwable {
    this.predictor = predictor;
    Class<?> info = loader.loadClass(PACKAGE + "IPredictorInfo");
    Map<?, ?> types = (Map<?, ?>) Libraries.call(predictor, info, "getFeatures");
    features = types.keySet().toArray(String[]::new);
    numeric = new boolean[features.length];
    for (int place = 0; place < features.length; place++) {
      numeric[place] = isNumber((Class<?>) types.get(features[place]));
    }
    description = "model " + Libraries.call(predictor, info, "getModelId");
    Class<?> regression = loader.loadClass(PACKAGE + "IRegressionPredictor");
    Class<?> classification = loader.loadClass(PACKAGE + "IClassificationPredictor");
    if (classification.isInstance(predictor)) {
      labels = (String[]) Libraries.call(predictor, classification, "getClassLabels");
      score = handle(classification, Map.class);
    } else if (regression.isInstance(predictor)) {
      labels = new String[0];
      score = handle(regression, double.class);
    } else {
      throw new IllegalStateException(
          "its predictor is neither an IRegressionPredictor nor an IClassificationPredictor");
    }
  }

  private static MethodHandle handle(Class<?> owner, Class<?> result) throws ReflectiveOperationException {
    return Libraries.method(owner, "score", methodType(result, Map.class), methodType(result, Map.class));
  }

  private static boolean isNumber(Class<?> type) {
    return type != null && (Number.class.isAssignableFrom(type) || (type.isPrimitive() && type != boolean.class));
  }

  @Override
  public String[] features() {
    return features;
  }

  @Override
  public String[] featureTypes() {
    String[] types = new String[features.length];
    for (int place = 0; place < types.length; place++) {
      types[place] = numeric[place] ? "any" : "text";
    }
    return types;
  }

  @Override
  public String[] labels() {
    return labels;
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public void score(Columns columns, int from, int to, double[] outputs) throws Throwable {
    for (int row = from; row < to; row++) {
      Map<String, Object> values = rowOf(columns, row);
      if (labels.length == 0) {
        outputs[row] = (double) score.invokeExact(predictor, values);
        continue;
      }
      Map<?, ?> probabilities = (Map<?, ?>) score.invokeExact(predictor, values);
      for (int label = 0; label < labels.length; label++) {
        Object probability = probabilities.get(labels[label]);
        outputs[row * labels.length + label] = probability == null ? Double.NaN : ((Number) probability).doubleValue();
      }
    }
  }

  private Map<String, Object> rowOf(Columns columns, int row) {
    Map<String, Object> values = new HashMap<>(features.length * 2);
    for (int place = 0; place < features.length; place++) {
      Object value = columns.isNumeric(place) ? (Object) columns.number(place, row) : columns.text(place, row);
      values.put(features[place], value instanceof Double && ((Double) value).isNaN() ? null : value);
    }
    return values;
  }
}
