package drum.internal;

import drum.Columns;

/** A loaded model, whichever library it is of. Several threads may score at once. */
public interface Scorer extends AutoCloseable {
  /** Returns the names of the columns that the model takes, in the order in which it takes them. */
  String[] features();

  /** Returns for each feature what it takes: {@code number}, {@code text} or {@code any}. */
  String[] featureTypes();

  /** Returns the class labels in the order of the outputs; an empty array for one number a row. */
  String[] labels();

  /** Returns what kind of model it is, in the library's own words. */
  String description();

  /**
   * Scores some of the rows.
   *
   * @param columns the features, in their order
   * @param outputs the values of the first row, of the second and so on, for all rows of the batch
   */
  void score(Columns columns, int from, int to, double[] outputs) throws Throwable;

  @Override
  default void close() throws Exception {}
}
