import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Posts the same body several times with Java's standard client, as it is by default. */
public class Caller {
    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        for (int number = 0; number < 3; number++) {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(arguments[0]))
                .header("x-LSQ-AccessKey", arguments[1])
                .header("x-LSQ-SecretKey", arguments[2])
                .header("Content-Type", "application/json");
            HttpRequest.BodyPublisher body = HttpRequest.BodyPublishers.ofString(arguments[3]);
            if (number == 2) { // of unknown length: sent in chunks
                body = HttpRequest.BodyPublishers.fromPublisher(body);
            }
            HttpResponse<String> answer =
                client.send(request.POST(body).build(), HttpResponse.BodyHandlers.ofString());
            System.out.println(answer.statusCode() + " " + answer.body());
        }
    }
}
