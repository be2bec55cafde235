package drum;

import java.nio.file.Path;

/**
 * A model in Java that drum scores. Implement {@link ColumnPredictor}, {@link CsvPredictor} or
 * {@link UnstructuredPredictor}, with a public constructor without parameters.
 *
 * <p>drum finds the class by the environment variable {@code DRUM_JAVA_CUSTOM_PREDICTOR_CLASS}, or in a jar of the code
 * directory whose {@code META-INF/services/drum.Predictor} names it.
 */
public interface Predictor extends AutoCloseable {
  /**
   * Loads the model; called once, before anything is scored.
   *
   * @param codeDir the code directory
   */
  default void load(Path codeDir) throws Exception {}

  /**
   * Tells whether several threads may score at once ({@code drum server --threads}). Unless it says so, one call waits
   * for the other.
   */
  default boolean isThreadSafe() {
    return false;
  }

  /** Lets go of what was loaded. */
  @Override
  default void close() throws Exception {}
}
