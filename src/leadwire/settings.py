"""Every setting in one table: the source of flags, environment, file, ``config show`` and docs."""

import re
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Final, Literal

from pydantic import SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from leadwire.proxy_settings import ProxySettings
from leadwire.setting import RecordPolicy, address_to_listen_on
from leadwire.setting import networks as _networks
from leadwire.setting import setting as _setting

ENVIRONMENT_PREFIX: Final = "LEADWIRE_"

Plan = Literal[
    "lite", "pro", "super", "basic", "standard", "enterprise", "pro-2024", "super-2024", "unlimited"
]
Dates = Literal["seed", "recorded"]
RefusedRateStatus = Literal["429", "200", "403"]
DuplicateStatus = Literal["500", "200"]
ContentTypes = Literal["json", "any"]
OpportunityDuplicates = Literal["none", "name"]
OpportunityOwner = Literal["empty", "caller"]
UniqueFields = Literal["EmailAddress,Phone", "EmailAddress", "Phone", "none"]
PhoneAlone = Literal["update", "refuse"]
MailTls = Literal["starttls", "tls", "none"]
LogLevel = Literal["debug", "info", "warning", "error"]


_AUTO: Final = "auto"
ANY_ORIGIN: Final = "*"
_ORIGIN: Final = re.compile(r"https?://([\w.\-]+|\[[\da-f:.]+\])(:\d{1,5})?", re.ASCII)
_NAMES: Final = r"^\s*([\w.\- ]+(,[\w.\- ]+)*,?\s*)?$"
"""Comma-separated names of members, parameters and headers."""


class _ServerSettings(BaseSettings):
    """The settings of a server. Most are a proxy's, too."""

    model_config = SettingsConfigDict(env_prefix=ENVIRONMENT_PREFIX, frozen=True, extra="forbid")

    data: Path = _setting(Path("leadwire-data"), "Folder with all of leadwire's data.")
    database_url: SecretStr = _setting(
        SecretStr(""),
        "PostgreSQL database that holds leads, users and keys instead of the data folder: "
        "postgresql://user:password@host:port/name. Only from the environment or a file.",
    )
    database_pooled: bool = _setting(
        default=False,
        help_text="Whether database_url leads to a pooler in transaction mode, such as PgBouncer: "
        "no statement is prepared then.",
    )
    shared_folder: Path | None = _setting(
        None,
        "Folder with secret.key, personal.key and the uploaded files, for several servers of one "
        "database; empty: the data folder.",
    )
    disk_free_bytes_min: int = _setting(
        67_108_864,
        "With less free space on the data folder's disk, /readyz answers 503 and 'leadwire "
        "doctor' reports it.",
        "bytes",
        ge=0,
    )
    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8080, "Port to listen on; 0 takes a free one.", ge=0, le=65535)
    tls_certificate: Path | None = _setting(None, "PEM file with the certificate chain.")
    tls_key: Path | None = _setting(None, "PEM file with the certificate's private key.")
    trusted_proxies: str = _setting(
        "",
        "Reverse proxies whose X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host are "
        "trusted: addresses and networks, separated by commas; empty: none.",
        "addresses",
    )
    public_host: str = _setting(
        "", "Host name that UserByAccessKey.Get tells clients to use; empty: the one they called."
    )
    cors_origins: str = _setting(
        "*",
        "Origins whose pages may call the API from a browser, separated by commas, as "
        "https://forms.example.com; *: all; empty: none.",
        "origins",
    )
    plan: Plan = _setting(
        "unlimited", "Rate limits to apply: a plan of LeadSquared's tables.", changed="account"
    )
    refused_rate_status: RefusedRateStatus = _setting(
        "429", "Status of a call beyond a limit: 429 as documented, 200 and 403 as reported."
    )
    duplicate_status: DuplicateStatus = _setting(
        "500", "Status of an MXDuplicateEntryException: 500 as documented, 200 as reported."
    )
    content_types: ContentTypes = _setting(
        "json",
        "Content types under which a JSON body is taken: json, or any, as text/plain and forms.",
    )
    plan_users: int = _setting(
        1,
        "Users counted for the daily limit of the 2024 plans.",
        "users",
        ge=1,
        changed="account",
    )
    dates: Dates = _setting(
        "seed",
        "How answers print date-times: seed, always with milliseconds; recorded, as each operation "
        "is documented or was seen to print them.",
    )
    lead_delete: bool = _setting(
        default=False,
        help_text="Whether Lead/Delete/ById deletes leads; LeadSquared enables it on request.",
    )
    lead_unique_fields: UniqueFields = _setting(
        "EmailAddress,Phone",
        "Lead fields whose values must be unique; LeadSquared lets accounts change it.",
    )
    lead_phone_alone: PhoneAlone = _setting(
        "update",
        "Lead.CreateOrUpdate without an e-mail address, where a lead has the phone: update it, as "
        "documented, or refuse the call as a duplicate, as reported.",
    )
    search_lag_ms: int = _setting(
        0,
        "Reads by conditions see a write this much later, as LeadSquared's indexes do; reads by id "
        "at once.",
        "ms",
        ge=0,
        le=600_000,
    )
    default_country_code: str = _setting(
        "",
        "Country code of phone numbers that have none, as 91: numbers of leads are kept and "
        "looked up as +91-9000000001; empty: they are taken as they are.",
        pattern=r"^\+?\d{0,4}$",
    )
    opportunity_duplicates: OpportunityDuplicates = _setting(
        "none",
        "Rule by which Opportunity Capture finds a duplicate: none, or an open one of the lead "
        "with the same type and name.",
    )
    opportunity_owner: OpportunityOwner = _setting(
        "empty",
        "Owner of an opportunity captured without one: empty as documented, or the caller, as "
        "LeadSquared enables it on request.",
    )
    company_types: str = _setting(
        "Company,Partners,Vendors",
        "Names of the company types, with commas; codes count up from 5000, so add at the end.",
    )
    request_url_bytes_max: int = _setting(
        65_535, "A longer URL is answered with 414.", "bytes", ge=1024
    )
    request_headers_bytes_max: int = _setting(
        65_536, "Larger headers are answered with 431.", "bytes", ge=1024
    )
    request_headers_seconds_max: int = _setting(
        10, "A request whose URL and headers take longer to arrive gets 408.", "seconds", ge=1
    )
    request_body_bytes_max: int = _setting(
        10_485_760, "A larger request body is answered with 413.", "bytes", ge=1024
    )
    request_body_seconds_max: int = _setting(
        120, "A request whose body takes longer to arrive gets 408.", "seconds", ge=1
    )
    request_bodies_bytes_max: int = _setting(
        134_217_728,
        "Bodies of calls in progress that arrive in pieces, together; beyond it a call gets 503.",
        "bytes",
        ge=1024,
    )
    request_discard_bytes_max: int = _setting(
        67_108_864,
        "How much of a refused body is read and dropped before the answer; then the connection "
        "is closed.",
        "bytes",
        ge=0,
    )
    refused_bytes_max: int = _setting(
        16_384,
        "How much is recorded of a call with refused keys or invalid HTTP.",
        "bytes",
        ge=0,
    )
    connections_max: int = _setting(
        1_000,
        "Most open connections. A new one replaces the one that has waited longest without a "
        "request; if all are busy, it gets 503.",
        "connections",
        ge=8,
    )
    connections_per_address_max: int = _setting(
        250, "The same for one address; trusted proxies are not counted.", "connections", ge=1
    )
    keep_alive_seconds: int = _setting(
        5, "A connection without a request is closed after this long.", "seconds", ge=1
    )
    file_bytes_max: int = _setting(
        10_000_000, "A larger file is refused; its form must fit a request.", "bytes", ge=1
    )
    attributes_max: int = _setting(
        1_000, "Most attributes that one lead write may carry.", "attributes", ge=1
    )
    lead_field_indexes: str = _setting(
        "auto",
        "Lead fields whose index keeps searches and sorting quick with many leads: auto, those "
        "that are used often; or schema names, separated by commas; or both. Fields that may "
        "have more than 500 characters get none.",
    )
    lead_field_index_searches: int = _setting(
        5, "A field gets an index by itself after this many searches.", "searches", ge=1
    )
    lead_field_indexes_max: int = _setting(
        20, "Most indexes that fields get by themselves.", "indexes", ge=0
    )
    lead_field_indexes_bytes_max: int = _setting(
        268_435_456, "About how large these indexes may be together.", "bytes", ge=0
    )
    lead_field_index_unused_days: int = _setting(
        30, "A field loses its index when no search used it for so long.", "days", ge=1
    )
    record_policy: RecordPolicy = _setting(
        "require",
        "When calls cannot be recorded: require refuses them, degrade answers and counts a gap.",
    )
    calls_body_bytes_max: int = _setting(
        1_048_576, "A recorded body is cut after this much, and says so.", "bytes", ge=0
    )
    calls_secret_names: str = _setting(
        "",
        "Additional names whose values are removed from recorded calls: of members, "
        "parameters, headers and fields, separated by commas.",
        "names",
        pattern=_NAMES,
        changed="server",
    )
    calls_harmless_names: str = _setting(
        "",
        "Names that look secret but are not: their values are recorded.",
        "names",
        pattern=_NAMES,
        changed="server",
    )
    calls_headers: str = _setting(
        "all",
        "Headers of requests and answers that are recorded: all, none, or names separated by "
        "commas; never credentials and headers of the connection alone.",
        "names",
        pattern=r"^\s*[\w-]+(\s*,\s*[\w-]+)*\s*$",
    )
    calls_headers_bytes_max: int = _setting(
        8_192, "How much of the headers of a request or an answer is recorded.", "bytes", ge=0
    )
    calls_redact_fields: str = _setting(
        "",
        "Fields and URL parameters whose values recorded calls hold only as tokens, separated "
        "by commas; personal: e-mail address, phones, names, address and the like.",
        "names",
        pattern=r"^\s*(\w+\s*(,\s*\w+\s*)*)?$",
        changed="server",
    )
    calls_retention_days: int = _setting(
        30,
        "Days that calls are kept; older days are dropped.",
        "days",
        ge=1,
        changed="server",
    )
    calls_search_span_days_max: int = _setting(
        7, "Longest time range of one search.", "days", ge=1, changed="server"
    )
    calls_search_budget_ms: int = _setting(
        5_000, "A console search stops after this long, and says so.", "ms", ge=1
    )
    calls_pinned_max: int = _setting(
        1_000, "Most pinned calls of an account; retention does not remove them.", "calls", ge=0
    )
    calls_views_max: int = _setting(200, "Most saved views of an account.", "views", ge=0)
    calls_shown_max: int = _setting(
        1_000, "Most calls shown on one page.", "calls", ge=1, changed="server"
    )
    overview_calls_max: int = _setting(
        500_000,
        "Charts and tables of the console's overview count the newest calls up to this many, by "
        "whole hours, and say so.",
        "calls",
        ge=1,
    )
    overview_replayed_calls_max: int = _setting(
        100_000,
        "How many of the newest calls the overview replays under other plans.",
        "calls",
        ge=1,
    )
    leads_shown_max: int = _setting(
        100, "Most leads, tasks and the like on one page of the console.", "rows", ge=1
    )
    lead_calls_max: int = _setting(
        500, "How many of the newest calls that name a lead its page reads.", "calls", ge=1
    )
    lead_calls_budget_ms: int = _setting(
        2_000, "The page of a lead searches for its calls so long, and says so.", "ms", ge=1
    )
    lint_calls_max: int = _setting(
        20_000,
        "The console's lint looks at the newest calls up to this many, by whole hours, and says "
        "so; the command line looks at all.",
        "calls",
        ge=1,
    )
    alert_check_seconds: int = _setting(
        60, "An alert counts its calls this often.", "seconds", ge=1
    )
    alerts_max: int = _setting(50, "Most alerts of an account.", "alerts", ge=0)
    calls_live_looks_max: int = _setting(
        300,
        "A live list polls for new calls this often, about once a second; then the browser "
        "reconnects.",
        "looks",
        ge=1,
    )
    calls_export_rows_max: int = _setting(
        1_000,
        "Most rows of one export from the console.",
        "rows",
        ge=1,
        changed="server",
    )
    calls_clickhouse_url: str = _setting(
        "", "ClickHouse that every node's calls are shipped to, as https://host:8443; empty: none."
    )
    calls_clickhouse_user: str = _setting("", "User of that ClickHouse.")
    calls_clickhouse_password: SecretStr = _setting(
        SecretStr(""), "Its password; taken from the environment or the file only."
    )
    calls_clickhouse_ca_file: Path | None = _setting(
        None, "PEM file of the authority that signed its certificate."
    )
    calls_clickhouse_database: str = _setting("leadwire", "Database that holds the calls.")
    calls_clickhouse_cluster: str = _setting(
        "", "Cluster to make replicated tables on; empty: one server."
    )
    calls_clickhouse_make_tables: bool = _setting(
        default=True,
        help_text="Whether to create missing tables at the start.",
    )
    calls_clickhouse_query_seconds_max: int = _setting(
        30, "A ClickHouse query is cancelled after this long.", "seconds", ge=1
    )
    mail_smtp_host: str = _setting(
        "", "SMTP server for mails to leads; empty: mails are recorded but not sent."
    )
    mail_smtp_port: int = _setting(587, "Port of that server.", ge=1, le=65535)
    mail_smtp_tls: MailTls = _setting(
        "starttls", "Encryption of its connections: starttls, tls from the start, or none."
    )
    mail_smtp_user: str = _setting("", "User of that server; empty: no sign-in.")
    mail_smtp_password: SecretStr = _setting(
        SecretStr(""), "Its password; taken from the environment or the file only."
    )
    mail_smtp_seconds_max: int = _setting(30, "Timeout of that server.", "seconds", ge=1)
    mail_from: str = _setting(
        "",
        "Address that mails come from, with the sender's in Reply-To; empty: the sender's own.",
        pattern=r"^([^@\s<>,;:]+@[^@\s<>,;:]+)?$",
    )
    mail_retention_days: int = _setting(
        30, "Days that sent, failed and recorded mails are kept.", "days", ge=1
    )
    async_host: str = _setting(
        "", "Host name where calls by the usual paths become asynchronous; empty: none."
    )
    async_retention_days: int = _setting(
        7, "Days that answers of asynchronous calls are kept.", "days", ge=1
    )
    webhook_private_addresses: bool = _setting(
        default=False,
        help_text="Whether webhooks may go to this machine and to private networks.",
    )
    webhook_attempts_max: int = _setting(
        3, "A delivery is given up after this many attempts.", "attempts", ge=1, le=20
    )
    webhook_backoff_seconds: int = _setting(
        30, "Wait before the second attempt; it doubles with every further one.", "seconds", ge=0
    )
    webhook_timeout_seconds: int = _setting(
        10, "Timeout for a receiver's complete answer.", "seconds", ge=1
    )
    webhook_failures_max: int = _setting(
        10, "A webhook is disabled after this many failed deliveries in a row.", "failures", ge=1
    )
    webhook_group_seconds: int = _setting(
        60, "New activities within this time are posted together; 0: each alone.", "seconds", ge=0
    )
    webhook_group_delay_seconds: int = _setting(
        60,
        "New activities that are posted together wait this much longer.",
        "seconds",
        ge=0,
    )
    webhook_at_once_max: int = _setting(
        8, "Most webhooks that are delivered to at once.", "webhooks", ge=1
    )
    webhook_answer_bytes_max: int = _setting(
        65_536, "How much of a receiver's answer is kept.", "bytes", ge=0
    )
    webhook_retention_days: int = _setting(
        30, "Days that deliveries are kept, whatever their result.", "days", ge=1
    )
    key_cache_ms: int = _setting(
        1_000, "A revoked key is refused after at most this long.", "ms", ge=0
    )
    unknown_keys_per_address_max: int = _setting(
        100,
        "Calls with wrong keys from one address in a minute; beyond it they get 429. Valid "
        "keys from there keep working.",
        "calls",
        ge=1,
    )
    web_calls_per_address_max: int = _setting(
        120,
        "Calls of web pages, without keys, from one address in a minute; beyond it they get 429.",
        "calls",
        ge=1,
    )
    web_forms: bool = _setting(
        default=True,
        help_text="Whether web pages may submit forms and register visitors without keys.",
    )
    web_form_redirect_hosts: str = _setting(
        "", "Hosts to which a web form may redirect, beyond the host of its page; by commas."
    )
    visitors_max: int = _setting(
        100_000,
        "Visitors of an account that are remembered before they are leads.",
        "visitors",
        ge=1,
    )
    sign_in_failures_max: int = _setting(
        10,
        "Failed sign-ins with one e-mail address from one address, or from a browser with an "
        "earlier sign-in; beyond it they get 429.",
        "failures",
        ge=1,
    )
    sign_in_failures_per_address_max: int = _setting(
        30, "The same from one address, whatever the e-mail address.", "failures", ge=1
    )
    sign_in_failures_per_email_max: int = _setting(
        50, "The same with one e-mail address, from anywhere.", "failures", ge=1
    )
    sign_in_window_seconds: int = _setting(
        300, "Failed sign-ins are counted for this long.", "seconds", ge=1
    )
    sign_in_waiting_max: int = _setting(
        32, "Most sign-ins that wait for their password check; more get 503.", "sign-ins", ge=1
    )
    sign_in_waiting_per_address_max: int = _setting(
        4, "The same from one address.", "sign-ins", ge=1
    )
    rerun_seconds_max: int = _setting(
        2,
        "A call that is run again in the console and rolled back is stopped after this time, and "
        "writes wait for it at most so long.",
        "seconds",
        ge=1,
        le=30,
    )
    session_hours: int = _setting(12, "A console session ends after this long.", "hours", ge=1)
    invitation_hours: int = _setting(
        72, "The link by which a user joins an account ends after this long.", "hours", ge=1
    )
    audit_retention_days: int = _setting(
        365,
        "Days that entries of the audit trail are kept.",
        "days",
        ge=1,
        changed="server",
    )
    shutdown_seconds: int = _setting(
        10, "Time for open calls to finish when the server stops.", "seconds", ge=0
    )
    log_level: LogLevel = _setting("info", "Least severe log level that is printed.")

    @field_validator("refused_rate_status", "duplicate_status", mode="before")
    @classmethod
    def _number_as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) else value

    @field_validator("host")
    @classmethod
    def _an_address(cls, value: str) -> str:
        return address_to_listen_on(value)

    @field_validator("trusted_proxies")
    @classmethod
    def _networks_only(cls, value: str) -> str:
        _networks(value)
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins_only(cls, value: str) -> str:
        cors_origins(value)
        return value

    @property
    def trusted_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of ``trusted_proxies``; a single address is a network of its own."""
        return _networks(self.trusted_proxies)

    @property
    def lead_field_index_names(self) -> tuple[str, ...]:
        """The schema names in ``lead_field_indexes``."""
        names = (name.strip() for name in self.lead_field_indexes.split(","))
        return tuple(dict.fromkeys(name for name in names if name and name.lower() != _AUTO))

    @property
    def lead_field_indexes_auto(self) -> bool:
        """Whether fields get an index by themselves."""
        return _AUTO in (name.strip().lower() for name in self.lead_field_indexes.split(","))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # load_settings() merges the sources itself: it must know where each value came from.
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


class Settings(ProxySettings, _ServerSettings):
    """Validated settings; immutable once the server runs."""


def cors_origins(text: str) -> frozenset[str]:
    """The origins of ``cors_origins``, in lower case.

    Raises ValueError with the word that is not an origin.
    """
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    for word in words:
        if word != ANY_ORIGIN and not _ORIGIN.fullmatch(word):
            raise ValueError(
                f"'{word}' is not an origin: write http:// or https://, a host and, "
                "if it has one, a port"
            )
    if ANY_ORIGIN in words and len(words) > 1:
        raise ValueError("* stands for all origins: write it alone")
    return frozenset(words)
