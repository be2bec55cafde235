package drum.internal;

import static java.lang.invoke.MethodType.methodType;

import drum.Columns;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A PMML document, evaluated by pmml4s. */
public final class PmmlModel implements Scorer {
  private final Object model;
  private final Class<?> base;
  private final String[] features;
  private final String[] dataTypes;
  private final String[] labels;
  private final String[] outputs;
  private final String description;
  private final MethodHandle predict;

  /** Reads a document. */
  public static PmmlModel of(String document, ClassLoader loader) throws Throwable {
    Class<?> base = loader.loadClass("org.pmml4s.model.Model");
    return new PmmlModel(Libraries.invoke(base.getMethod("fromString", String.class), null, document), base);
  }

  private PmmlModel(Object model, Class<?> base) throws Throwable {
    this.model = model;
    this.base = base;
    Libraries.invoke(base.getMethod("setSupplementOutput", boolean.class), model, true);
    Object schema = call(model, "inputSchema");
    Object fields = call(schema, "fields");
    features = new String[Array.getLength(fields)];
    dataTypes = new String[features.length];
    for (int place = 0; place < features.length; place++) {
      Object field = Array.get(fields, place);
      features[place] = (String) call(field, "name");
      dataTypes[place] = call(field, "dataType").toString();
    }
    List<String> names = new ArrayList<>();
    outputs = outputsOf(names);
    labels = names.toArray(String[]::new);
    description = call(model, "modelElement") + ", " + call(model, "functionName");
    predict =
        Libraries.method(
            base, "predict", methodType(Map.class, Map.class), methodType(Map.class, Map.class));
  }

  private static Object call(Object receiver, String name) throws Throwable {
    return Libraries.call(receiver, receiver.getClass(), name);
  }

  /**
   * Returns the names of the outputs that are the probabilities, or else the predicted value.
   *
   * @param classes takes the class labels
   */
  private String[] outputsOf(List<String> classes) throws Throwable {
    Object fields = call(model, "outputFields");
    List<String> probabilities = new ArrayList<>();
    String predicted = null;
    for (int place = 0; place < Array.getLength(fields); place++) {
      Object field = Array.get(fields, place);
      String feature = call(field, "feature").toString();
      Object value = call(field, "value");
      if (feature.equals("probability") && (boolean) call(value, "isDefined")) {
        String label = call(value, "get").toString();
        if (!classes.contains(label)) {
          classes.add(label);
          probabilities.add((String) call(field, "name"));
        }
      } else if (feature.equals("predictedValue") && predicted == null) {
        predicted = (String) call(field, "name");
      }
    }
    if (classes.isEmpty() && predicted != null) {
      return new String[] {predicted};
    }
    return probabilities.toArray(String[]::new);
  }

  /** Tells whether there are probabilities or a predicted number. */
  public boolean predicts() {
    return outputs.length > 0;
  }

  @Override
  public String[] features() {
    return features;
  }

  @Override
  public String[] featureTypes() {
    String[] types = new String[features.length];
    for (int place = 0; place < types.length; place++) {
      types[place] = isNumber(dataTypes[place]) ? "number" : "text";
    }
    return types;
  }

  private static boolean isNumber(String dataType) {
    return dataType.equals("integer") || dataType.equals("double") || dataType.equals("float") || dataType.equals("real");
  }

  @Override
  public String[] labels() {
    return labels;
  }

  /** Returns the kind of model and what it does, such as {@code TreeModel, classification}. */
  @Override
  public String description() {
    return description;
  }

  @Override
  public void score(Columns columns, int from, int to, double[] values) throws Throwable {
    for (int row = from; row < to; row++) {
      // By names: by places, pmml4s would take what is missing in a field of integers for 0.
      Map<String, Object> inputs = new HashMap<>(features.length * 2);
      for (int place = 0; place < features.length; place++) {
        Object value = value(columns, place, row);
        if (value != null) {
          inputs.put(features[place], value);
        }
      }
      Map<?, ?> results = (Map<?, ?>) predict.invokeExact(model, inputs);
      for (int place = 0; place < outputs.length; place++) {
        Object result = results.get(outputs[place]);
        values[row * outputs.length + place] = result == null ? Double.NaN : ((Number) result).doubleValue();
      }
    }
  }

  private Object value(Columns columns, int place, int row) {
    if (!columns.isNumeric(place)) {
      String text = columns.text(place, row);
      return text != null && dataTypes[place].equals("boolean") ? (Object) text.equalsIgnoreCase("true") : text;
    }
    double number = columns.number(place, row);
    if (Double.isNaN(number)) {
      return null;
    }
    boolean whole = dataTypes[place].equals("integer") && number == Math.rint(number);
    return whole ? (Object) (long) number : (Object) number;
  }
}
