"""An OpenAI-compatible endpoint: how to ask it for JSON, how patiently, and what was paid for.

``CLAIMBENCH_LLM_BASE_URL`` (ends where ``/chat/completions`` is added), ``CLAIMBENCH_LLM_MODEL``
and, if the endpoint wants one, ``CLAIMBENCH_LLM_API_KEY`` say whom to ask. Prices, timeouts and
patience stand in ``.config.toml``: a hidden file takes no part in a system's fingerprint, and
nothing there changes what a model answers, so that a new price asks for no article again.
"""

import hashlib
import json
import os
import random
import sys
import tempfile
import time
import tomllib
from contextlib import suppress
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import msgspec

TEMPERATURE = 0
SEED = 7
MODES = ("json_schema", "json_object", "prompt")
"""How structured output is asked for, best first."""

_LACKING = (400, 404, 422, 500)
"""What endpoints answer to a ``response_format`` that they do not have."""

_PASSING = (408, 409, 425, 429)
_QUOTED = 300  # characters of an answer that a message quotes
_ADVICE = {
    400: "what the endpoint says tells what to change: model, length of the article, parameters",
    401: "set CLAIMBENCH_LLM_API_KEY to a key that is valid there",
    403: "set CLAIMBENCH_LLM_API_KEY to a key that may use this model",
    404: "see whether CLAIMBENCH_LLM_BASE_URL (it mostly ends in /v1) and _MODEL are right",
}
_FORM = "Answer with one JSON object that fits this JSON Schema, and with nothing else:"

Positive = Annotated[float, msgspec.Meta(gt=0)]


class EndpointError(Exception):
    """The endpoint gave no answer; what it answered before is kept for the next try."""


class _Unsupported(Exception):
    """The endpoint cannot structure output in this way."""


class Price(msgspec.Struct, forbid_unknown_fields=True):
    """US dollars per million tokens."""

    prompt: Annotated[float, msgspec.Meta(ge=0)]
    completion: Annotated[float, msgspec.Meta(ge=0)]


class Config(msgspec.Struct, forbid_unknown_fields=True):
    """What may be set in ``.config.toml``; times in seconds, prices by model name."""

    timeout: Positive = 600
    connect: Positive = 10
    attempts: Annotated[int, msgspec.Meta(ge=1)] = 5
    wait: Positive = 1
    longest: Positive = 60
    prices: dict[str, Price] = {}


class Message(msgspec.Struct):
    """What the model said, or why it would not."""

    content: str | None = None
    refusal: str | None = None


class Choice(msgspec.Struct):
    """One answer; ``finish_reason`` is ``length`` where the limit of tokens cut it off."""

    message: Message
    finish_reason: str | None = None


class Tokens(msgspec.Struct):
    """What is paid for."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class Completion(msgspec.Struct):
    """What an endpoint answers; what else it says is not looked at."""

    choices: Annotated[list[Choice], msgspec.Meta(min_length=1)]
    model: str | None = None
    usage: Tokens | None = None


class Paid(msgspec.Struct):
    """A completion, in so many seconds, as it is kept until its article is finished."""

    seconds: float
    completion: Completion


class Endpoint:
    """One URL and model, dealt with as a configuration file says. Threads may share it.

    ``mode`` is the way of asking for structured output that it was found to have. Raises
    EndpointError if the environment or the file is not as expected.
    """

    def __init__(self, file: Path) -> None:
        self._config = config = _config(file)
        self._model = os.environ["CLAIMBENCH_LLM_MODEL"]
        self._key = os.environ.get("CLAIMBENCH_LLM_API_KEY", "").strip()
        self._url = _url(os.environ["CLAIMBENCH_LLM_BASE_URL"])
        if not (self._key.isascii() and self._key.isprintable()) or " " in self._key:
            raise EndpointError(
                "CLAIMBENCH_LLM_API_KEY: found characters that no header can carry; "
                "expected the key alone"
            )
        self.mode: str | None = None
        self._http = httpx.Client(
            timeout=httpx.Timeout(config.timeout, connect=config.connect),
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            limits=httpx.Limits(max_connections=None),
        )

    def complete(
        self, messages: list, form: type[msgspec.Struct], most: int
    ) -> tuple[Paid, Path, bool]:
        """A completion, where it is kept, and whether it was kept there already.

        A way of structuring output that the endpoint lacks is passed over; the first that works
        is used from then on, and what goes wrong with that one is a failure.
        """
        modes = MODES if self.mode is None else (self.mode,)
        for mode in modes:
            body = self._body(messages, form, most, mode)
            path = _journal() / f"{hashlib.sha256(self._url.encode() + body).hexdigest()}.json"
            paid = _kept(path)
            resumed = paid is not None
            if paid is None:
                try:
                    paid = self._send(body, last=mode == modes[-1])
                except _Unsupported:
                    continue
                _keep(path, paid)
            self.mode = mode
            return paid, path, resumed
        raise AssertionError("the last mode answers or raises")

    def cost(self, completions: list[Completion]) -> float | None:
        """US dollars, by the price of the model as answered, else as asked for."""
        total = 0.0
        for completion in completions:
            prices = self._config.prices
            price = prices.get(completion.model or "") or prices.get(self._model)
            if price is None or completion.usage is None:
                return None
            total += completion.usage.prompt_tokens * price.prompt / 1e6
            total += completion.usage.completion_tokens * price.completion / 1e6
        return round(total, 8)

    def _body(self, messages: list, form: type[msgspec.Struct], most: int, mode: str) -> bytes:
        schema = schema_of(form)
        body = {
            "model": self._model,
            "messages": messages,
            "temperature": TEMPERATURE,
            "seed": SEED,
            "max_tokens": most,
        }
        if mode == "json_schema":
            named = {"name": form.__name__.lower(), "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        else:
            system, *others = messages
            told = f"{system['content']}\n\n{_FORM}\n{json.dumps(schema)}"
            body["messages"] = [{**system, "content": told}, *others]
        if mode == "json_object":
            body["response_format"] = {"type": "json_object", "schema": schema}
        return json.dumps(body, ensure_ascii=False).encode()

    def _send(self, body: bytes, *, last: bool) -> Paid:
        for attempt in range(1, self._config.attempts + 1):
            start = time.monotonic()
            asked_to_wait = None
            try:
                response = self._http.post(
                    self._url, content=body, headers={"Content-Type": "application/json"}
                )
            except httpx.TransportError as error:
                why = f"found no answer ({type(error).__name__}: {self._clean(str(error))})"
            else:
                text, status = self._clean(response.text), response.status_code
                if status == httpx.codes.OK:
                    try:
                        completion = msgspec.json.decode(text, type=Completion)
                        return Paid(round(time.monotonic() - start, 3), completion)
                    except (ValueError, RecursionError):
                        why = f"found {shortened(text)}; expected a chat completion"
                elif status in _LACKING and not last:
                    raise _Unsupported
                else:
                    why = f"found HTTP {status}: {shortened(text)}"
                    if status not in _PASSING and status < httpx.codes.INTERNAL_SERVER_ERROR:
                        raise self._failed(why, _ADVICE.get(status, _ADVICE[400]))
                    asked_to_wait = _seconds(response.headers.get("Retry-After"))
            pause = self._pause(attempt, asked_to_wait)
            if pause > self._config.longest:
                wish = f"{why}, and a wish to wait {pause:.0f} s"
                raise self._failed(wish, "run again later with --retry, or raise longest")
            if attempt < self._config.attempts:
                print(f"attempt {attempt}: {why}; again in {pause:.1f} s", file=sys.stderr)  # noqa: T201
                time.sleep(pause)
        raise self._failed(
            f"{why} in {self._config.attempts} attempts",
            "see that CLAIMBENCH_LLM_BASE_URL is right and answers, then run with --retry",
        )

    def _pause(self, attempt: int, asked_to_wait: float | None) -> float:
        """Seconds until the next attempt: as asked for, else doubled each time; with jitter."""
        jitter = random.random()  # noqa: S311  (spreads load, guards nothing)
        if asked_to_wait is not None:
            return asked_to_wait
        wait = min(self._config.longest, self._config.wait * 2 ** (attempt - 1))
        return wait * (1 + jitter) / 2

    def _failed(self, why: str, advice: str) -> EndpointError:
        return EndpointError(f"{self._url}: {why}; expected an answer of {self._model}; {advice}")

    def _clean(self, text: str) -> str:
        """``text`` of the server without the key, which it may echo."""
        if self._key:
            for form in {self._key, json.dumps(self._key)[1:-1]}:
                text = text.replace(form, "${CLAIMBENCH_LLM_API_KEY}")
        return text


def schema_of(form: type[msgspec.Struct]) -> dict:
    """JSON Schema of ``form`` without references, which not every endpoint follows."""
    schema = msgspec.json.schema(form)
    parts = schema.pop("$defs")

    def resolved(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return resolved(parts[node["$ref"].rpartition("/")[2]])
            return {key: resolved(value) for key, value in node.items()}
        return [resolved(item) for item in node] if isinstance(node, list) else node

    return resolved(schema)


def _config(file: Path) -> Config:
    try:
        return msgspec.convert(tomllib.loads(file.read_text("utf-8")), Config)
    except FileNotFoundError:
        return Config()
    except (OSError, ValueError) as error:
        raise EndpointError(f"{file}: {error}; expected what Config in endpoint.py names") from None


def _url(base: str) -> str:
    parts = urlsplit(base.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise EndpointError(
            "CLAIMBENCH_LLM_BASE_URL: expected an address such as http://127.0.0.1:8000/v1"
        )
    if parts.username or parts.password or parts.query:
        raise EndpointError(
            "CLAIMBENCH_LLM_BASE_URL: found credentials or a query in it; expected the address "
            "alone, and the key in CLAIMBENCH_LLM_API_KEY"
        )
    return f"{base.strip().rstrip('/')}/chat/completions"


def _seconds(header: str | None) -> float | None:
    """Retry-After in seconds from now: a number or an HTTP date; None if it is neither."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        with suppress(ValueError):
            return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
        return None


def shortened(text: str) -> str:
    """``text`` for a message: quoted, on one line, of bearable length."""
    text = " ".join(text.split())
    return repr(text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…")


def _journal() -> Path:
    """Where answers of unfinished articles are kept: beside the fetched texts, in no project."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("CLAIMBENCH_CACHE") or Path(caches) / "claimbench") / "llm"


def _kept(path: Path) -> Paid | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Paid)
    except (OSError, ValueError):
        return None


def _keep(path: Path, paid: Paid) -> None:
    """Keep an answer on disk; a disk that takes nothing more costs no answer in hand."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(msgspec.json.encode(paid))
        Path(file.name).replace(path)
    except OSError as error:
        print(f"{path}: {error.strerror}; not kept", file=sys.stderr)  # noqa: T201
