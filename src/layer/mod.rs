//! The domain's types: what a layer is called, described as, built for and shared with.
//!
//! Each is parsed once, at the edge, and cannot be wrong afterwards. Nothing here does I/O.

mod bytecode;
mod description;
mod function;
mod module;
mod name;
mod named;
mod package;
mod parameter;
mod permission;
mod policy;
mod runtime;
mod size;
mod unambiguous;
mod version;

pub use bytecode::{BytecodeMode, BytecodeModeError};
pub use description::{Description, DescriptionError, Level};
pub use function::{FunctionLayers, FunctionVersion, LayerVersionArn, LayerVersionArnError};
pub use module::{ModuleName, ModuleNameError};
pub use name::{LayerName, LayerNameError};
pub use named::{NamedVersion, NamedVersionError};
pub use package::{PackageName, PackageNameError, PackageSummary};
pub use parameter::{
    HeldValue, ParameterName, ParameterNameError, ParameterNames, ParameterPrefix,
};
pub use permission::{
    AccountId, Grantee, GranteeError, Identity, NoOrganization, OrganizationId, Permission,
};
pub use policy::{Policy, PolicyError, Statement, StatementId};
pub use runtime::{Architecture, ArchitectureError, Glibc, PythonVersion, Runtime, RuntimeError};
pub use size::ByteSize;
pub use version::{
    LayerVersion, LayerVersionError, License, LicenseError, PublishedVersion, VersionMetadata,
    VersionNumber,
};
