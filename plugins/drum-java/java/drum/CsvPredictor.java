package drum;

/** A model that takes a CSV and gives one. */
public interface CsvPredictor extends Predictor {
  /**
   * Predicts.
   *
   * @param csv a header and a line for each row; what is missing is empty
   * @return a header, with the class labels or one name of any kind, and a line for each row
   * @throws IllegalArgumentException if the data is not what the model takes: the caller is told so
   */
  String score(String csv) throws Exception;
}
