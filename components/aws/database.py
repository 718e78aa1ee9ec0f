"""PostgreSQL on Amazon RDS: private, encrypted, TLS only, backed up; in production in two zones and protected.

Sources: Amazon RDS User Guide, "Security best practices for Amazon RDS", "Using SSL with a PostgreSQL DB instance",
"Publishing PostgreSQL logs to Amazon CloudWatch Logs", "Turning on the Standard mode of Database Insights".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import cloudwatch, ec2, rds, vpc

from components.aws.log_groups import DATABASE_EXPORTS, database_identifier, database_log_group
from components.aws.rds_certificates import AUTHORITY, region_certificates
from components.aws.stack import aws_settings, eks_settings
from components.aws.tags import tags
from components.kubernetes.generated_secrets import (
    GeneratedPassword,  # noqa: TC001 - Pulumi reads the annotations of a component's class
)
from components.resource_options import retained, stateful

if TYPE_CHECKING:
    from components.aws.keys import Keys
    from components.aws.network import Network
    from mlplatform.config import Settings

PORT = 5432
# The retention that costs nothing, in days.
_INSIGHTS_DAYS = 7
# UTC, before the working day in Europe; the maintenance after that night's backup.
_BACKUP_WINDOW = "01:00-01:30"
_MAINTENANCE_WINDOW = "sun:02:00-sun:03:00"


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """Arguments of the database.

    Attributes:
        settings: the stack's settings, with ``aws`` and a database of kind ``rds``.
        keys: the keys; storage and insights are encrypted with that of data, logs with that of logs.
        network: the network, whose database subnets it stands in.
        clients: id of the security group that alone reaches it: the cluster's.
        database: name of the database to begin with.
        username: its first user, who owns it.
        password: the user's password, generated.

    """

    settings: Settings
    keys: Keys
    network: Network
    clients: pulumi.Input[str]
    database: str
    username: str
    password: GeneratedPassword


class Database(pulumi.ComponentResource):
    """An RDS instance with one database.

    Attributes:
        host: its host name.
        port: its port.
        database: name of the database.
        username: the user who owns it.
        password: the password of that user.
        ca_certificates: what clients verify it by (``verify-full``), PEM.

    """

    host: pulumi.Output[str]
    port: int
    database: str
    username: str
    password: GeneratedPassword
    ca_certificates: str

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the instance.

        Args:
            name: first part of all names but the instance's own, which its log groups are called by.
            args: where it stands, and its user.
            opts: options of the component.

        Raises:
            ValueError: the stack has no database on RDS, or no certificate of the region is at hand.

        """
        settings = args.settings
        if settings.mlflow is None or settings.mlflow.database.rds is None:
            raise ValueError("the stack has no database on RDS; the rules of the settings refuse that")
        self._settings, self._rds = settings, settings.mlflow.database.rds
        self._identifier = database_identifier(settings)
        self.ca_certificates = region_certificates(aws_settings(settings).region)
        super().__init__("mlplatform:aws:Database", name, {"identifier": self._identifier}, opts)
        self._inside = pulumi.ResourceOptions(parent=self)
        self._staying = retained(self, production=settings.production)
        instance = self._instance(name, args)
        self.host = instance.address
        self.port, self.database = PORT, args.database
        self.username, self.password = args.username, args.password
        self.register_outputs({"host": self.host, "port": PORT, "database": args.database})

    def _instance(self, name: str, args: DatabaseArgs) -> rds.Instance:
        production = self._settings.production
        subnets = rds.SubnetGroup(
            name, subnet_ids=args.network.database_subnet_ids, tags=tags(self._settings), opts=self._inside
        )
        return rds.Instance(
            self._identifier,
            identifier=self._identifier,
            engine="postgres",
            # The minor version is Amazon's to choose: it keeps the instance up to date in its window. A new major one
            # is what somebody writes into the settings, and nothing else makes one.
            engine_version=self._rds.version,
            auto_minor_version_upgrade=True,
            allow_major_version_upgrade=True,
            instance_class=self._rds.instance_class,
            db_name=args.database,
            username=args.username,
            password=args.password.value,
            iam_database_authentication_enabled=False,
            port=PORT,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[self._firewall(name, args).id],
            publicly_accessible=False,
            parameter_group_name=self._parameters(name).name,
            ca_cert_identifier=AUTHORITY,
            storage_type="gp3",
            allocated_storage=self._rds.storage_gib,
            max_allocated_storage=self._rds.max_storage_gib,
            storage_encrypted=True,
            kms_key_id=args.keys.data,
            multi_az=production,
            backup_retention_period=self._rds.backup_retention_days,
            backup_window=_BACKUP_WINDOW,
            maintenance_window=_MAINTENANCE_WINDOW,
            # In production, a change that restarts it waits for the window.
            apply_immediately=not production,
            copy_tags_to_snapshot=True,
            delete_automated_backups=not production,
            deletion_protection=production,
            skip_final_snapshot=not production,
            final_snapshot_identifier=f"{self._identifier}-final" if production else None,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=args.keys.data,
            performance_insights_retention_period=_INSIGHTS_DAYS,
            enabled_cloudwatch_logs_exports=list(DATABASE_EXPORTS),
            tags=tags(self._settings),
            opts=pulumi.ResourceOptions.merge(
                stateful(self, production=self._settings.production, depends_on=self._logs(name, args.keys)),
                # Two instances of one identifier cannot be: the old one goes first, where nothing protects it.
                pulumi.ResourceOptions(delete_before_replace=True),
            ),
        )

    def _parameters(self, name: str) -> rds.ParameterGroup:
        return rds.ParameterGroup(
            f"{name}-{self._rds.version}",
            family=f"postgres{self._rds.version}",
            description="Lets in over TLS only",
            parameters=[{"name": "rds.force_ssl", "value": "1"}],
            tags=tags(self._settings),
            # Of another major version another one, but until its window the instance uses this one, which RDS refuses
            # to delete: every update until then would fail. One that nobody uses costs nothing.
            opts=self._staying,
        )

    def _firewall(self, name: str, args: DatabaseArgs) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            name,
            description="Database of MLflow: PostgreSQL from the cluster, nothing outward",
            vpc_id=args.network.vpc_id,
            tags=tags(self._settings, f"{name}-database"),
            opts=self._inside,
        )
        vpc.SecurityGroupIngressRule(
            name,
            security_group_id=group.id,
            description="PostgreSQL from nodes and pods",
            referenced_security_group_id=args.clients,
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            tags=tags(self._settings),
            opts=self._inside,
        )
        return group

    def _logs(self, name: str, keys: Keys) -> list[pulumi.Resource]:
        # RDS would make them itself, unencrypted and without an end; also where the instance stays and they go.
        return [
            cloudwatch.LogGroup(
                f"{name}-{export}",
                name=database_log_group(self._identifier, export),
                kms_key_id=keys.logs,
                # As long as those of the control plane, which say who did what.
                retention_in_days=eks_settings(self._settings).log_retention_days,
                tags=tags(self._settings),
                opts=self._staying,
            )
            for export in DATABASE_EXPORTS
        ]
