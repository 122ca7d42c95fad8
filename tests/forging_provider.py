"""A provider of sign-ins that gives out whatever token a test makes: wrong in one way at a time."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ANOTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OF_A_CURVE = ec.generate_private_key(ec.SECP256R1())


def published(key: Any, **more: str) -> dict[str, Any]:
    """The public half, as a provider publishes it."""
    kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return {**json.loads(kind.to_jwk(key.public_key())), "kid": "1", "use": "sig", **more}


@dataclass
class Forger:
    """What it answers. `token` is made of the nonce that it was given; `description` and `keys` can be changed."""

    address: str
    token: Callable[[dict[str, Any]], Any] = lambda claims: signed(claims)
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "ann", "email": "ann@barset.example"})
    keys: Any = field(default_factory=lambda: {"keys": [published(KEY)]})
    description: dict[str, Any] = field(default_factory=dict)
    nonce: str = ""
    redirects: dict[str, str] = field(default_factory=dict)

    def claims(self) -> dict[str, Any]:
        """Those of a token that is right in everything."""
        now = int(time.time())
        return {
            "iss": self.address, "aud": "us", "iat": now, "exp": now + 60, "nonce": self.nonce, **self.person,
        }  # fmt: skip

    def answer_to(self, path: str) -> Any:
        known = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        endpoints = {f"{name}_endpoint": f"{self.address}/{at}" for name, at in known.items()}
        described = {"issuer": self.address, "jwks_uri": f"{self.address}/keys", **endpoints}
        match path:
            case "/.well-known/openid-configuration":
                return {**described, **self.description}
            case "/keys":
                return self.keys
            case "/token":
                token = self.token(self.claims())
                return {"access_token": "a", "token_type": "Bearer"} | ({"id_token": token} if token else {})
            case _:
                return self.person


def signed(claims: dict[str, Any], key: Any = KEY, algorithm: str = "RS256", kid: str | None = "1") -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid} if kid else {})


@contextlib.contextmanager
def forging_provider() -> Iterator[Forger]:
    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.partition("?")[0]
            if to := forger.redirects.get(path):
                self.send_response(307)
                self.send_header("Location", to)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = json.dumps(forger.answer_to(path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *args: Any) -> None:
            """Nothing: tests look at what came of it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    forger = Forger(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield forger
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
