"""Scoring code of our own against the public interfaces: a regression, classes, and damaged ones."""

INFO = """
  public String getModelId() { return "5f1e"; }
  public Class<?> getPredictorClass() { return getClass(); }
  public ExplanationParams getDefaultPredictionExplanationParams() { return null; }
  public Map<String, String> getModelInfo() { return new HashMap<>(); }
  public LinkedHashMap<String, Class> getFeatures() {
    LinkedHashMap<String, Class> features = new LinkedHashMap<>();
    features.put("x y", Double.class);
    features.put("city", String.class);
    return features;
  }
"""

IMPORTS = "import com.datarobot.prediction.*;\nimport java.util.*;\n"

REGRESSION = """
@SuppressWarnings("rawtypes")
public class Regression implements IRegressionPredictor {
  %INFO%
  public double score(Map<String, ?> row) {
    Object x = row.get("x y");
    Object city = row.get("city");
    if (!row.containsKey("city")) {
      throw new IllegalStateException("a feature was left out");
    }
    if ("Atlantis".equals(city)) {
      throw new IllegalStateException("it has sunk");
    }
    double value = x == null ? -1 : x instanceof String ? 1000 : (Double) x;
    return value * 2 + (city == null ? 0.5 : ((String) city).length());
  }
  public double score(Iterable<?> row) { throw new UnsupportedOperationException(); }
  public Score<Double> scoreWithExplanations(Map<String, ?> row) { return null; }
  public Score<Double> scoreWithExplanations(Iterable<?> row) { return null; }
  public Score<Double> scoreWithExplanations(Map<String, ?> row, ExplanationParams how) { return null; }
  public Score<Double> scoreWithExplanations(Iterable<?> row, ExplanationParams how) { return null; }
  public Event<RegressionScoreEventInfo> getScoreEvent() { return null; }
}
"""

CLASSES = """
@SuppressWarnings("rawtypes")
public class Classes implements IClassificationPredictor {
  %INFO%
  public String[] getClassLabels() { return new String[] {"b, sir", "a", "c"}; }
  public Map<String, Double> score(Map<String, ?> row) {
    double x = row.get("x y") == null ? 0 : (Double) row.get("x y");
    double[] odds = {Math.exp(x), 1, Math.exp(-x)};
    Map<String, Double> answer = new TreeMap<>();
    double sum = odds[0] + odds[1] + odds[2];
    for (int at = 0; at < 3; at++) {
      answer.put(getClassLabels()[at], odds[at] / sum);
    }
    return answer;
  }
  public Map<String, Double> score(Iterable<?> row) { throw new UnsupportedOperationException(); }
  public Score<Map<String, Double>> scoreWithExplanations(Map<String, ?> row) { return null; }
  public Score<Map<String, Double>> scoreWithExplanations(Iterable<?> row) { return null; }
  public Score<Map<String, Double>> scoreWithExplanations(Map<String, ?> row, ExplanationParams how) { return null; }
  public Score<Map<String, Double>> scoreWithExplanations(Iterable<?> row, ExplanationParams how) { return null; }
  public Event<ClassificationScoreEventInfo> getScoreEvent() { return null; }
}
"""

OLD = """
package com.datarobot.prediction.internal;

import com.datarobot.prediction.Predictor;
import com.datarobot.prediction.Row;

public class OldRegression implements Predictor {
  public String[] get_double_predictors() { return new String[] {"x", "y"}; }
  public String[] get_string_predictors() { return new String[] {"city"}; }
  public double score(Row row) {
    if ("Atlantis".equals(row.s[0])) {
      throw new IllegalStateException("it has sunk");
    }
    double x = Double.isNaN(row.d[0]) ? -1 : row.d[0];
    return x * 2 + row.d[1] / 10 + (row.s[0].isEmpty() ? 0.5 : row.s[0].length());
  }
}
"""

OLD_CLASSES = """
package com.datarobot.prediction.internal;

import com.datarobot.prediction.MulticlassPredictor;
import com.datarobot.prediction.Row;
import java.util.LinkedHashMap;
import java.util.Map;

public class OldClasses extends OldRegression implements MulticlassPredictor {
  public static final String[] classLabels = {"b, sir", "a"};
  public Map<String, Double> classificationScore(Row row) throws Exception {
    double value = 1 / (1 + Math.exp(-score(row)));
    Map<String, Double> answer = new LinkedHashMap<>();
    answer.put("b, sir", value);
    answer.put("a", 1 - value);
    return answer;
  }
}
"""

SOURCES = {
    "OldRegression.java": OLD,
    "OldClasses.java": OLD_CLASSES,
    "Regression.java": IMPORTS + REGRESSION.replace("%INFO%", INFO),
    "Classes.java": IMPORTS + CLASSES.replace("%INFO%", INFO),
}
