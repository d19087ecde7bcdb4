"""Secrets to plant: names that hold them, and places in which a call can carry a name and value."""

import json
from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus

NAMES = (
    "csrf", "_xsrf", "X-CSRFToken", "db_pswd", "passw0rd", "mfa_code", "Authentication",
    "password", "Passwd", "pwd", "PASS", "passphrase", "pass_code", "new_password", "db_password",
    "mx_Password", "userPwd", "secret", "client-secret", "api_secret", "consumer_secret",
    "webhook_secret", "aws_secret_access_key", "token", "Tokens", "id_token", "access_token",
    "refreshToken", "x-auth-token", "session_token", "csrf_token", "oauth_token",
    "oauth_token_secret", "bot_token", "api-token", "bearer", "jwt", "cookie", "Set-Cookie",
    "apikey", "API_KEY", "X-Api-Key", "SharedAccessKey", "AccountKey", "encryption_key",
    "hmac_key", "subscription-key", "private_key_pem", "signingKey", "master_key", "credential",
    "app_key", "ClientKey", "signkey", "deploy-key", "license_key", "encryptedKey",
    "Credentials", "authorization", "Proxy-Authorization", "auth", "authCode", "otp", "OtpCode",
    "pin", "user_pin", "cvv", "cvc2", "session", "session_id", "PHPSESSID", "signature", "sig",
    "sas", "accessKey", "secret.key", "secretAccessKey", "x-lsq-secretkey", "user[password]",
    "password2", "jwtToken", "mpin",
)  # fmt: skip


def pair(name: str, value: str) -> dict[str, str]:
    return {"Attribute": name, "Value": value}


def _json(tree: object) -> str:
    return json.dumps(tree)


IN_BODIES: dict[str, Callable[[str, str], str]] = {
    "a member": lambda n, v: _json({"a": 1, n: v}),
    "a member far down": lambda n, v: _json([{"a": [{"b": {n: v, "c": [1.5]}}]}]),
    "all below a member": lambda n, v: _json({n: {"a": [{"b": v}]}}),
    "a pair": lambda n, v: _json([{"Attribute": n, "Value": v}]),
    "a pair in capitals, value first": lambda n, v: _json([{"VALUE": v, "ATTRIBUTE": n}]),
    "a name and a value": lambda n, v: _json({"fields": [{"name": n, "value": v}]}),
    "a field's name and value": lambda n, v: _json([{"FieldName": n, "FieldValue": v}]),
    "a key and a val": lambda n, v: _json([{"key": n, "val": v}]),
    "an array of two": lambda n, v: _json([[n, v], ["a", "b"]]),
    "headers": lambda n, v: _json({"headers": {n: v, "Accept": "*/*"}}),
    "JSON in a string": lambda n, v: _json({"a": _json({"b": _json({n: v})})}),
    "a pair in a string": lambda n, v: _json({"a": _json([pair(n, v)])}),
    "a form in a string": lambda n, v: _json({"a": f"x=1&{quote_plus(n)}={v}&y=2"}),
    "a URL in a string": lambda n, v: _json({"a": f"https://example.com/h?{quote(n)}={v}#x"}),
    "a form": lambda n, v: f"x=1&{quote_plus(n)}={v}&y=2",
    "JSON in a form": lambda n, v: f"x=1&data={quote_plus(_json({n: v}))}",
    "escaped JSON": lambda n, v: f'{{"{escaped(n)}":"{escaped(v)}"}}',
    "cut-off JSON": lambda n, v: _json({"a": [1], n: v})[:-2],
    "a cut-off pair": lambda n, v: _json([pair(n, v)])[:-3],
    "JSON with a comma too many": lambda n, v: f'{{"a":1,"{n}":"{v}",}}',
    "single quotes": lambda n, v: f"{{'a': 1, '{n}': '{v}'}}",
    "text": lambda n, v: f"It failed with {n}: {v} and was given up",
    "text in a string": lambda n, v: _json({"Note": f"try {n}={v} or so"}),
    "XML": lambda n, v: f"<r><{n}>{v}</{n}><a>b</a></r>",
    "a form with parts": lambda n, v: (
        f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n--b--\r\n'
    ),
    "a path in a string": lambda n, v: _json({"a": f"https://example.com/{n}/{v}-7f3a/x"}),
}  # fmt: skip
"""The plants' places in a body, by what they are."""

NOT_IN = {
    "XML": frozenset({"user[password]"}),
    "a path in a string": frozenset({"user[password]"}),
}
"""Names that nobody could write in such a place."""


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


def percent(text: str) -> str:
    return "".join(f"%{ord(letter):02X}" for letter in text)


def misplaced(access: str, secret: str) -> dict[str, tuple[str, dict[str, str], str]]:
    """Ways to get one's own pair wrong, by what they are: target, headers, body."""
    leads = "/v2/LeadManagement.svc/"
    get = f"{leads}Leads.GetById"
    own = f"accessKey={access}"
    basic = b64encode(f"{access}:{secret}".encode()).decode()
    targets = {
        "a colon for the equals sign": f"{get}?{own}&secretKey:{secret}",
        "another vendor's name": f"{get}?{own}&secretAccessKey={secret}",
        "semicolons": f"{get}?{own};secretKey={secret}",
        "an entity": f"{get}?{own}&amp;secretKey={secret}",
        "an ampersand that is encoded": f"{get}?{own}%26secretKey%3D{secret}",
        "encoded twice": f"{get}?x={quote(quote(f'&{own}&secretKey={secret}'))}",
        "encoded three times": f"{get}?x={quote(quote(quote(f'secretKey={secret}')))}",
        "JSON in the query": f'{get}?data={{"password":"{secret}"}}',
        "encoded JSON in the query": f"{get}?data={quote(_json(pair('secretKey', secret)))}",
        "no question mark": f"{get}&{own}&secretKey={secret}",
        "glued to the path": f"{get}{own}&secretKey={secret}",
        "nothing but the key, glued": f"{get}{secret}",
        "segments": f"{leads}{access}/{secret}/Leads.GetById",
        "a named segment": f"{get}/secretKey/{secret}",
        "parameters of a path": f"{get};accessKey={access};secretKey={secret}",
        "upper case": f"{get}?{own.upper()}&SECRET_KEY={secret.upper()}",
        "capitals under any name": f"{get}?x={secret.upper()}",
        "every letter encoded": f"{get}?x={percent(secret)}",
        "commas": f"{get}?{own},secretKey,{secret}",
        "blanks": f"{get}?accessKey%20{access}%20secretKey%20{secret}",
        "a plus": f"{get}?accessKey+{access}+secretKey+{secret}",
        "both in one": f"{get}?accessKey={access}:{secret}",
        "a bare key": f"{get}?{secret}",
        "the key as a name": f"{get}?{secret}=1",
        "Base64": f"{get}?auth={basic}",
        "Base64 under any name": f"{get}?x={basic}",
        "two question marks": f"{get}?x=1?{own}?secretKey={secret}",
        "a host's user": f"{get}?callback=https://{quote(access)}:{secret}@example.com/",
        "a fragment": f"{get}?x=%23secretKey%3D{secret}",
    }
    made = {name: (target, {}, "") for name, target in targets.items()}
    headers = {
        "Basic": {"Authorization": f"Basic {basic}"},
        "Bearer": {"Authorization": f"Bearer {secret}"},
        "the query's names as headers": {"accessKey": access, "secretKey": secret},
        "a cookie": {"Cookie": f"accessKey={access}; secretKey={secret}"},
        "the user agent": {"User-Agent": f"job accessKey={access} secretKey={secret}"},
        "the content type": {"Content-Type": f"application/json; key={secret}"},
        "the referrer": {"Referer": f"https://example.com/?secretKey={secret}"},
    }
    made |= {name: (get, sent, "") for name, sent in headers.items()}
    bodies = {
        "JSON": _json({"accessKey": access, "secretKey": secret}),
        "a pair of the dialect": _json([pair("SecretKey", secret)]),
        "lines": f"AccessKey: {access}\nSecretKey: {secret}\n",
        "a command": f"curl -u {access}:{secret} https://example.com",
        "a form in the body": f"accessKey={quote(access)}&secretKey={secret}",
        "any text": f"mine is {secret}.",
    }
    made |= {name: (f"{leads}Lead.Create", {}, body) for name, body in bodies.items()}
    return made
