package drum;

/** A model that takes columns and gives numbers. */
public interface ColumnPredictor extends Predictor {
  /**
   * Returns the class labels, in the order in which {@link #score} gives their probabilities. A model that gives one
   * number a row has none.
   */
  default String[] labels() {
    return new String[0];
  }

  /**
   * Predicts.
   *
   * @return an array for each label, or one alone, with a value for each row
   * @throws IllegalArgumentException if the data is not what the model takes: the caller is told so
   */
  double[][] score(Columns columns) throws Exception;
}
