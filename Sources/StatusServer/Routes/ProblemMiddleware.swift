import HTTPTypes
import Hummingbird
import HummingbirdCore
import LogEvents
import Logging
import NIOCore
import NIOHTTP1
import StatusAPI

/// Turns every error into a problem document, in one place.
struct ProblemMiddleware: RouterMiddleware {
    let routes: [Route]

    func handle(
        _ request: Request, context: StatusContext,
        next: (Request, StatusContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPParserError {
            throw error  // The connection is unusable; MalformedRequestHandler answers.
        } catch let refusal as StatusRefusal {
            let status = HTTPResponse.Status(code: refusal.status, reasonPhrase: refusal.title)
            return .problem(status, refusal.description)
        } catch let error as DecodingError {
            return .problem(.badRequest, "the body cannot be used: \(JSONCoding.explanation(of: error))")
        } catch let error as NIOTooManyBytesError {
            return tooLarge(error)
        } catch let error as HTTPError where error.status == .notFound {
            return unknown(request)
        } catch is CancellationError {
            return .problem(.serviceUnavailable, "the daemon is stopping; try again when it is back")
        } catch {
            context.logger.tell(
                .answerFailed, "\(request.method.rawValue) \(request.uri.path) failed", ["reason": "\(error)"])
            return .problem(.internalServerError, "the daemon failed to answer; its log says why")
        }
    }

    /// 404, or 405 with the methods that would do.
    private func unknown(_ request: Request) -> Response {
        let methods = routes.methods(for: request.uri.path)
        guard !methods.isEmpty else {
            return .problem(
                .notFound, "there is no \(request.uri.path); GET /openapi.json lists what there is")
        }
        let allowed = methods.joined(separator: ", ")
        var response = Response.problem(
            .methodNotAllowed, "\(request.uri.path) does not answer to \(request.method.rawValue); use \(allowed)")
        response.headers[.allow] = allowed
        return response
    }

    /// The rest of the body is not wanted, so the connection ends with the answer.
    private func tooLarge(_ error: NIOTooManyBytesError) -> Response {
        let limit = error.maxBytes.map { " (at most \($0) bytes)" } ?? ""
        var response = Response.problem(.contentTooLarge, "the body is too large\(limit); send less at a time")
        response.headers[.connection] = "close"
        return response
    }
}
