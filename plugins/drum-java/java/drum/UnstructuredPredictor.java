package drum;

import java.util.Map;

/** A model for target type <em>unstructured</em>: it takes data of any form and gives a reply of any form. */
public interface UnstructuredPredictor extends Predictor {
  /** What arrived. */
  final class Request {
    /** The data. */
    public final byte[] body;
    /** What kind of data it is, in lower case and without parameters, such as {@code application/json}. */
    public final String mediaType;
    /** The name of the character set. */
    public final String charset;
    /** The parameters behind the question mark of the URL. */
    public final Map<String, String> query;
    /** The headers, with names such as {@code Content-Type}. */
    public final Map<String, String> headers;

    public Request(
        byte[] body, String mediaType, String charset, Map<String, String> query, Map<String, String> headers) {
      this.body = body;
      this.mediaType = mediaType;
      this.charset = charset;
      this.query = query;
      this.headers = headers;
    }
  }

  /** What is sent back. */
  final class Reply {
    public final byte[] body;
    public final String mediaType;
    public final String charset;

    public Reply(byte[] body, String mediaType, String charset) {
      this.body = body;
      this.mediaType = mediaType;
      this.charset = charset;
    }
  }

  /**
   * Answers.
   *
   * @throws IllegalArgumentException if the data is not what the model takes: the caller is told so
   */
  Reply score(Request request) throws Exception;
}
